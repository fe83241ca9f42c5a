// SPDX-License-Identifier: Apache-2.0
import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import * as http from "node:http";
import * as net from "node:net";
import * as path from "node:path";
import { pipeline } from "node:stream/promises";

/** Serves the files of a directory, read-only and without listings. For a package repository. */
export function staticServer(directory: string): http.Server {
  return http.createServer((request, response) => {
    send(directory, request, response).catch(() => response.destroy());
  });
}

async function send(directory: string, request: http.IncomingMessage, response: http.ServerResponse): Promise<void> {
  const refuse = (status: number): void => void response.writeHead(status, { "content-length": 0 }).end();
  if (request.method !== "GET" && request.method !== "HEAD") return refuse(405);
  let name: string;
  try {
    name = decodeURIComponent(new URL(request.url ?? "/", "http://repository").pathname);
  } catch {
    return refuse(400);
  }
  const file = path.join(directory, path.normalize(name));
  if (!file.startsWith(`${directory}${path.sep}`) || name.includes("\0")) return refuse(404);
  const found = await stat(file).catch(() => undefined);
  if (found === undefined || !found.isFile()) return refuse(404);
  const modified = found.mtime.toUTCString();
  if (request.headers["if-modified-since"] === modified) return refuse(304);
  response.writeHead(200, {
    "content-length": found.size,
    "last-modified": modified,
    "content-type": "application/octet-stream",
  });
  if (request.method === "HEAD") response.end();
  else await pipeline(createReadStream(file), response);
}

/** Passes connections on, from one namespace to another by way of a unix socket that both see. */
export function relayServer(target: { path: string } | { host: string; port: number }): net.Server {
  return net.createServer({ allowHalfOpen: true }, (near) => {
    const far = net.connect({ ...target, allowHalfOpen: true });
    near.pipe(far).pipe(near);
    near.on("error", () => far.destroy());
    far.on("error", () => near.destroy());
    near.on("close", () => far.destroy());
    far.on("close", () => near.destroy());
  });
}
