// SPDX-License-Identifier: Apache-2.0
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import type { Server } from "node:http";
import { connect, createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import * as path from "node:path";

import { relayServer, staticServer } from "../../../lab/hosts/static-server";

function listen(server: { listen(port: number, host: string, done: () => void): unknown }): Promise<void> {
  return new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
}

/** @param end - say that nothing more comes */
function talk(port: number, text: string, end = false): Promise<string> {
  return new Promise((resolve, reject) => {
    let answer = "";
    const socket = connect(port, "127.0.0.1", () => (end ? socket.end(text) : socket.write(text)));
    socket.setEncoding("utf8").on("data", (chunk: string) => (answer += chunk));
    socket.on("close", () => resolve(answer)).on("error", reject);
  });
}

describe("the repository server", () => {
  let directory: string;
  let server: Server;
  let port: number;

  beforeEach(async () => {
    directory = mkdtempSync(path.join(tmpdir(), "static-"));
    mkdirSync(path.join(directory, "repo"));
    mkdirSync(path.join(directory, "repo-secret"));
    writeFileSync(path.join(directory, "repo", "a b.deb"), "package");
    writeFileSync(path.join(directory, "repo-secret", "key"), "secret");
    server = staticServer(path.join(directory, "repo"));
    await listen(server);
    port = (server.address() as AddressInfo).port;
  });
  afterEach(() => {
    server.closeAllConnections();
    server.close();
    rmSync(directory, { recursive: true });
  });

  const get = (target: string, headers = ""): Promise<string> =>
    talk(port, `GET ${target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n${headers}\r\n`);

  it("serves a file, and says when it has not changed", async () => {
    const answer = await get("/a%20b.deb");
    expect(answer).toMatch(/^HTTP\/1.1 200 .*\r\n\r\npackage$/s);
    const modified = /last-modified: (.*)\r/.exec(answer)?.[1];
    expect(await get("/a%20b.deb", `If-Modified-Since: ${modified}\r\n`)).toMatch(/^HTTP\/1.1 304/);
  });

  it.each(["/../repo-secret/key", "/%2e%2e/repo-secret/key", "/..%2frepo-secret/key", "/", "/none"])(
    "does not serve %s",
    async (target) => {
      const answer = await get(target);
      expect(answer).toMatch(/^HTTP\/1.1 404/);
      expect(answer).not.toContain("secret");
    },
  );
});

it("relays a connection to a unix socket, also what is said after one side has ended", async () => {
  const directory = mkdtempSync(path.join(tmpdir(), "relay-"));
  const socket = path.join(directory, "socket");
  const far = createServer({ allowHalfOpen: true }, (connection) => {
    let heard = "";
    connection.on("data", (chunk) => (heard += chunk.toString()));
    connection.on("end", () => connection.end(`heard ${heard}`));
  });
  await new Promise<void>((resolve) => far.listen(socket, resolve));
  const relay = relayServer({ path: socket });
  await listen(relay);
  try {
    expect(await talk((relay.address() as AddressInfo).port, "hello", true)).toBe("heard hello");
  } finally {
    relay.close();
    far.close();
    rmSync(directory, { recursive: true });
  }
});
