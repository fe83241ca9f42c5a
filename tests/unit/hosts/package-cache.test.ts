// SPDX-License-Identifier: Apache-2.0
import { mkdtempSync, rmSync } from "node:fs";
import * as http from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import * as path from "node:path";

import { PackageCache } from "../../../lab/hosts/package-cache";

interface Answer {
  status: number | undefined;
  body: string;
  headers: http.IncomingHttpHeaders;
}

describe("the package cache", () => {
  let directory: string;
  let socket: string;
  let cache: PackageCache;
  let source: http.Server;
  let host: string;
  let asked: string[];
  let answer: (request: http.IncomingMessage, response: http.ServerResponse) => void;

  beforeEach(async () => {
    directory = mkdtempSync(path.join(tmpdir(), "cache-"));
    socket = path.join(directory, "socket");
    asked = [];
    answer = (request, response) => response.end(`content of ${request.url}`);
    source = http.createServer((request, response) => {
      asked.push(request.url ?? "");
      answer(request, response);
    });
    await new Promise<void>((resolve) => source.listen(0, "127.0.0.1", resolve));
    host = `127.0.0.1:${(source.address() as AddressInfo).port}`;
    cache = new PackageCache({ socket, directory: path.join(directory, "files"), hosts: [host], idleSeconds: 5 });
    await cache.listen();
  });
  afterEach(async () => {
    await cache.close();
    source.closeAllConnections();
    source.close();
    rmSync(directory, { recursive: true });
  });

  function get(target: string, headers: http.OutgoingHttpHeaders = {}): Promise<Answer> {
    return new Promise((resolve, reject) => {
      http
        .get({ socketPath: socket, path: target, headers, agent: false }, (response) => {
          let body = "";
          response.setEncoding("utf8").on("data", (chunk: string) => (body += chunk));
          response.on("end", () => resolve({ status: response.statusCode, body, headers: response.headers }));
        })
        .on("error", reject);
    });
  }

  it("asks for a package once", async () => {
    const url = `http://${host}/pool/a_1_amd64.deb`;
    expect((await get(url)).body).toBe("content of /pool/a_1_amd64.deb");
    expect((await get(url)).body).toBe("content of /pool/a_1_amd64.deb");
    expect(asked).toHaveLength(1);
  });

  it("asks once for what several hosts want at the same time", async () => {
    const url = `http://${host}/dists/x/by-hash/SHA256/abc`;
    answer = (_, response) => setTimeout(() => response.end("index"), 50);
    const bodies = await Promise.all([get(url), get(url), get(url)]);
    expect(bodies.map(({ body }) => body)).toEqual(["index", "index", "index"]);
    expect(asked).toHaveLength(1);
  });

  it("asks again for a release file, and sends on that it has not changed", async () => {
    const url = `http://${host}/dists/x/InRelease`;
    const modified = "Sun, 22 Nov 2026 10:00:00 GMT";
    answer = (request, response) => {
      if (request.headers["if-modified-since"] === modified) response.writeHead(304).end();
      else response.writeHead(200, { "last-modified": modified }).end("release");
    };
    expect((await get(url)).body).toBe("release");
    expect((await get(url, { "if-modified-since": modified })).status).toBe(304);
    expect((await get(url)).body).toBe("release");
    expect(asked).toHaveLength(3);
  });

  it("serves the last release file while the source is away", async () => {
    const url = `http://${host}/dists/x/InRelease`;
    expect((await get(url)).status).toBe(200);
    answer = (request) => request.socket.destroy();
    expect(await get(url)).toMatchObject({ status: 200, body: "content of /dists/x/InRelease" });
  });

  it("never keeps a package that was cut short", async () => {
    const url = `http://${host}/pool/a_1_amd64.deb`;
    let times = 0;
    answer = (_, response) => {
      times += 1;
      response.writeHead(200, { "content-length": 100 });
      if (times > 1) return void response.end("x".repeat(100));
      response.write("x".repeat(10));
      setTimeout(() => response.destroy(), 20);
    };
    expect((await get(url)).body).toHaveLength(100);
    expect((await get(url)).body).toHaveLength(100);
    expect(times).toBe(2);
  });

  it("hands on that something is missing, and does not remember it", async () => {
    const url = `http://${host}/pool/new_1_amd64.deb`;
    answer = (_, response) => response.writeHead(404).end();
    expect((await get(url)).status).toBe(404);
    answer = (_, response) => response.end("now there");
    expect((await get(url)).body).toBe("now there");
  });

  it("refuses every server that is no package source", async () => {
    expect(await get("http://192.0.2.7/secret")).toMatchObject({ status: 403 });
    expect(await get("/local")).toMatchObject({ status: 400 });
  });

  it("goes on where an interrupted download ended", async () => {
    const url = `http://${host}/pool/a_1_amd64.deb`;
    answer = (_, response) => response.end("0123456789");
    const rest = await get(url, { range: "bytes=4-" });
    expect(rest).toMatchObject({ status: 206, body: "456789" });
    expect(rest.headers["content-range"]).toBe("bytes 4-9/10");
    expect((await get(url, { range: "bytes=10-" })).status).toBe(416);
  });
});
