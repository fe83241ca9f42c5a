// SPDX-License-Identifier: Apache-2.0
import { sign } from "aws4";
import { spawn } from "node:child_process";

/** Who signs, and where. */
export interface StorageAccess {
  url: string;
  accessKey: string;
  secretKey: string;
}

export interface StorageReply {
  status: number;
  headers: Headers;
  text: string;
}

/** One signed request to an object storage, with the bucket in the path. */
export async function storageCall(
  access: StorageAccess,
  method: string,
  path: string,
  options: { body?: string | Buffer; headers?: Record<string, string> } = {},
): Promise<StorageReply> {
  const { host } = new URL(access.url);
  const { body = "", headers = {} } = options;
  const signed = sign(
    { service: "s3", region: "fr-par", host, method, path, headers: { ...headers }, body },
    { accessKeyId: access.accessKey, secretAccessKey: access.secretKey },
  );
  const { Host: _host, "Content-Length": _length, ...sent } = signed.headers as Record<string, string>;
  const hasBody = method !== "GET" && method !== "HEAD";
  const answer = await fetch(`${access.url}${path}`, {
    method,
    headers: sent,
    ...(hasBody && { body: typeof body === "string" ? body : new Uint8Array(body) }),
  });
  return { status: answer.status, headers: answer.headers, text: await answer.text() };
}

/** What a program came to. */
export interface Ended {
  status: number;
  stdout: Buffer;
  stderr: string;
}

/** Runs the distribution's restic, with its cache and keys where nobody else's are; this process goes on answering it. */
export function restic(environment: Record<string, string>, args: string[]): Promise<Ended> {
  const env = { PATH: process.env.PATH ?? "", AWS_DEFAULT_REGION: "fr-par", ...environment };
  return new Promise((resolve, reject) => {
    const child = spawn("restic", ["--no-cache", ...args], { env, timeout: 60_000, stdio: ["ignore", "pipe", "pipe"] });
    const [stdout, stderr]: [Buffer[], Buffer[]] = [[], []];
    child.stdout.on("data", (piece: Buffer) => stdout.push(piece));
    child.stderr.on("data", (piece: Buffer) => stderr.push(piece));
    child.once("error", (error) => reject(new Error(`restic cannot be run: ${error.message}`)));
    child.once("close", (code) =>
      resolve({ status: code ?? -1, stdout: Buffer.concat(stdout), stderr: Buffer.concat(stderr).toString() }),
    );
  });
}
