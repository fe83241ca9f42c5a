// SPDX-License-Identifier: Apache-2.0
import { existsSync, readFileSync } from "node:fs";
import { createServer, request, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { text } from "node:stream/consumers";
import { request as tlsRequest } from "node:https";
import { connect as tlsConnect } from "node:tls";

import { startStorageProxy, type StorageProxy } from "../../../lab/engines/storage-proxy";

describe("the way of a real provider to the lab's object storage", () => {
  let storage: Server;
  let seen: { host?: string; url?: string; method?: string; body: string }[];
  let proxy: StorageProxy;

  beforeEach(async () => {
    seen = [];
    storage = createServer((incoming, outgoing) => {
      void text(incoming).then((body) => {
        seen.push({ host: incoming.headers.host, url: incoming.url, method: incoming.method, body });
        outgoing.writeHead(200, { "x-from": "emulator" }).end("stored");
      });
    });
    await new Promise<void>((resolve) => storage.listen(0, "127.0.0.1", resolve));
    proxy = await startStorageProxy(`http://127.0.0.1:${(storage.address() as AddressInfo).port}`);
  });
  afterEach(async () => {
    await proxy.close();
    storage.closeAllConnections();
    await new Promise((resolve) => storage.close(resolve));
  });

  /** What a client does that is told of a proxy: it asks for a tunnel. */
  function tunnel(target: string): Promise<{ status: number; socket: Socket }> {
    const { hostname, port } = new URL(proxy.environment.HTTPS_PROXY);
    return new Promise((resolve, reject) => {
      request({ hostname, port, method: "CONNECT", path: target })
        .once("connect", (answer: IncomingMessage, socket) => resolve({ status: answer.statusCode!, socket: socket }))
        .once("error", reject)
        .end();
    });
  }

  it("hands a signed request on as it is, bucket and all", async () => {
    const host = "backups.s3.fr-par.scw.cloud";
    const { status, socket } = await tunnel(`${host}:443`);
    expect(status).toBe(200);
    const ca = readFileSync(proxy.environment.SSL_CERT_FILE);
    const answer = await new Promise<IncomingMessage>((resolve, reject) => {
      const createConnection = (): Socket => tlsConnect({ socket, servername: host, ca });
      tlsRequest({ host, defaultPort: 443, method: "PUT", path: "/a/key?acl=", createConnection }, resolve)
        .once("error", reject)
        .end("content");
    });
    expect([answer.statusCode, answer.headers["x-from"], await text(answer)]).toEqual([200, "emulator", "stored"]);
    expect(seen).toEqual([{ host, url: "/a/key?acl=", method: "PUT", body: "content" }]);
  });

  it.each(["api.scaleway.com:443", "api.github.com:443", "s3.fr-par.scw.cloud:80", "evil-s3.fr-par.scw.cloud:443"])(
    "lets nothing else through: %s",
    async (target) => {
      const { status, socket } = await tunnel(target);
      socket.destroy();
      expect(status).toBe(403);
    },
  );

  it("leaves no certificate behind", async () => {
    await proxy.close();
    expect(existsSync(proxy.environment.SSL_CERT_FILE)).toBe(false);
    proxy = await startStorageProxy("http://127.0.0.1:1");
  });
});
