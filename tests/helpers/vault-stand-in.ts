// SPDX-License-Identifier: Apache-2.0

/**
 * A stand-in for HashiCorp Vault, not Vault: the calls of the KV engine's version 2 and of AppRole that this project makes, as Vault's own
 * API documentation has them, over TLS with an authority of its own. What passes against it was not tested on Vault.
 */
import { generateKeyPairSync, randomUUID } from "node:crypto";
import { createServer, type Server } from "node:https";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { serviceAuthority, serviceCertificate } from "../../components/host/x509";

const NAME = "localhost";
const newKey = (): string =>
  generateKeyPairSync("ed25519").privateKey.export({ format: "pem", type: "pkcs8" }) as string;

interface Version {
  data: Record<string, string>;
  deleted: boolean;
}

export class VaultStandIn {
  /** PEM of the authority that its certificate comes from. */
  readonly authority: string;
  readonly roleId = randomUUID();
  readonly secretId = randomUUID();
  readonly token = `hvs.${randomUUID()}`;
  /** Versions by `<mount>/<path>`. */
  readonly kv = new Map<string, Version[]>();
  /** Method and path of every request. */
  readonly calls: string[] = [];
  isSealed = false;
  /** Takes over the answer of matching requests. */
  interfere?: (path: string, response: ServerResponse) => boolean;
  private readonly server: Server;

  constructor(private readonly mount = "secret") {
    const [authorityKey, key] = [newKey(), newKey()];
    this.authority = serviceAuthority(authorityKey, "stand-in.vault");
    const cert = serviceCertificate({ authorityKey, authority: "stand-in.vault", key, name: NAME });
    this.server = createServer({ key, cert }, (request, response) => void this.answer(request, response));
  }

  get address(): string {
    return `https://${NAME}:${(this.server.address() as AddressInfo).port}`;
  }

  async start(): Promise<this> {
    await new Promise<void>((resolve) => this.server.listen(0, NAME, resolve));
    return this;
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise<void>((resolve) => this.server.close(() => resolve()));
  }

  /** What somebody else writes. */
  put(path: string, data: Record<string, string>): number {
    const versions = this.kv.get(path) ?? [];
    this.kv.set(path, versions);
    return versions.push({ data, deleted: false });
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
    const text = Buffer.concat(chunks).toString("utf8");
    const url = new URL(request.url ?? "/", this.address);
    this.calls.push(`${request.method} ${url.pathname}${url.search}`);
    if (this.interfere?.(url.pathname, response)) return;
    const send = (status: number, body: object): void => {
      response.writeHead(status, { "content-type": "application/json" });
      response.end(JSON.stringify(body));
    };
    if (this.isSealed) return send(503, { errors: ["Vault is sealed"] });
    if (request.headers["x-vault-request"] !== "true") return send(412, { errors: ["missing header"] });
    const body = (text === "" ? {} : JSON.parse(text)) as Record<string, unknown>;
    if (url.pathname === "/v1/auth/approle/login") {
      const known = body.role_id === this.roleId && body.secret_id === this.secretId;
      if (!known) return send(400, { errors: [`invalid role or secret ID ${String(body.secret_id)}`] });
      return send(200, { auth: { client_token: this.token, lease_duration: 3600, renewable: true } });
    }
    if (request.headers["x-vault-token"] !== this.token) return send(403, { errors: ["permission denied"] });
    const [, kind, path] =
      new RegExp(`^/v1/${this.mount}/(data|metadata)/(.+)$`).exec(decodeURIComponent(url.pathname)) ?? [];
    if (kind === undefined || path === undefined) return send(404, { errors: [] });
    if (kind === "metadata") return this.list(`${this.mount}/${path}/`, send);
    return request.method === "POST"
      ? this.write(`${this.mount}/${path}`, body, send)
      : this.read(`${this.mount}/${path}`, send);
  }

  private list(prefix: string, send: (status: number, body: object) => void): void {
    const below = [...this.kv.keys()]
      .filter((path) => path.startsWith(prefix))
      .map((path) => path.slice(prefix.length));
    const keys = [...new Set(below.map((path) => path.replace(/\/.*$/, "/")))];
    return keys.length === 0 ? send(404, { errors: [] }) : send(200, { data: { keys } });
  }

  private read(path: string, send: (status: number, body: object) => void): void {
    const versions = this.kv.get(path) ?? [];
    const latest = versions.at(-1);
    if (latest === undefined) return send(404, { errors: [] });
    const metadata = {
      version: versions.length,
      destroyed: false,
      deletion_time: latest.deleted ? "2026-01-01T00:00:00Z" : "",
    };
    if (latest.deleted) return send(404, { data: { data: null, metadata } });
    send(200, { data: { data: latest.data, metadata } });
  }

  private write(path: string, body: Record<string, unknown>, send: (status: number, body: object) => void): void {
    const { options, data } = body as { options?: { cas?: number }; data: Record<string, string> };
    const present = this.kv.get(path)?.length ?? 0;
    if (options?.cas !== undefined && options.cas !== present)
      return send(400, { errors: ["check-and-set parameter did not match the current version"] });
    send(200, { data: { version: this.put(path, data) } });
  }
}
