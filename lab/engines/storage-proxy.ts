// SPDX-License-Identifier: Apache-2.0
/**
 * The way of the real Scaleway provider to the lab's object storage. Its address of S3 is fixed, `https://<bucket>.s3.<region>.scw.cloud`,
 * but it asks through the proxy of its environment: this one ends the TLS of those names with a certificate of its own, hands the
 * requests on to the emulator, and lets nothing else through.
 */
import { generateKeyPairSync } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, request as plainRequest } from "node:http";
import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import * as path from "node:path";
import type { Duplex } from "node:stream";

import { selfSigned } from "../plugins/tls/certificate";
import { regions } from "../scaleway/products/vpc";

/** A run is over long before. */
const VALID_HOURS = 24;
const STORAGE = /(^|\.)s3\.[a-z-]+\.scw\.cloud:443$/;

export interface StorageProxy {
  /** Variables for the provider's process; Go asks loopback addresses without a proxy. */
  environment: { HTTPS_PROXY: string; SSL_CERT_FILE: string };
  close(): Promise<void>;
}

/** Keeps the name that was asked for: the bucket is in it, and the request is signed for it. */
function handOn(endpoint: string) {
  return (incoming: IncomingMessage, outgoing: ServerResponse): void => {
    const { method, url, headers } = incoming;
    const call = plainRequest(new URL(url ?? "/", endpoint), { method, headers }, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(outgoing);
    });
    call.once("error", (error) => {
      if (outgoing.headersSent) outgoing.destroy();
      else outgoing.writeHead(502).end(`the lab's object storage does not answer: ${error.message}\n`);
    });
    incoming.pipe(call);
  };
}

/**
 * Starts the proxy on loopback.
 *
 * @param endpoint - address of the emulator's object storage, e.g. `http://127.0.0.1:8650`
 */
export async function startStorageProxy(endpoint: string): Promise<StorageProxy> {
  const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const key = privateKey.export({ type: "pkcs8", format: "pem" }).toString();
  const hosts = regions.flatMap((region) => [`s3.${region}.scw.cloud`, `*.s3.${region}.scw.cloud`]);
  const names = { subject: { commonName: "object storage of a lab" }, dnsNames: hosts };
  const { certPem } = await selfSigned(key, names, { allowedUses: ["server_auth"], validityPeriodHours: VALID_HOURS });
  const folder = mkdtempSync(path.join(tmpdir(), "opennebula-scaleway-storage-"));
  const certificate = path.join(folder, "ca.pem");
  writeFileSync(certificate, certPem);

  const storage = createTlsServer({ key, cert: certPem }, handOn(endpoint));
  const open = new Set<Duplex>();
  const proxy = createServer((_request, response) => {
    response.writeHead(403).end("nothing but object storage is reached through this proxy\n");
  });
  proxy.on("connect", (request: IncomingMessage, socket: Duplex) => {
    open.add(socket.once("close", () => open.delete(socket)).on("error", () => socket.destroy()));
    if (!STORAGE.test(request.url ?? "")) return void socket.end("HTTP/1.1 403 Forbidden\r\n\r\n");
    socket.write("HTTP/1.1 200 Connection established\r\n\r\n");
    storage.emit("connection", socket);
  });
  await new Promise<void>((resolve, reject) => proxy.once("error", reject).listen(0, "127.0.0.1", resolve));
  const { port } = proxy.address() as AddressInfo;
  return {
    environment: { HTTPS_PROXY: `http://127.0.0.1:${port}`, SSL_CERT_FILE: certificate },
    async close() {
      for (const socket of open) socket.destroy();
      await new Promise((resolve) => proxy.close(resolve));
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
