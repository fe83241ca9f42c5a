// SPDX-License-Identifier: Apache-2.0
import { createHash, randomUUID } from "node:crypto";
import {
  createReadStream,
  createWriteStream,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import * as http from "node:http";
import * as https from "node:https";
import * as path from "node:path";
import { pipeline } from "node:stream/promises";

export interface PackageCacheOptions {
  /** Unix socket that it listens on: nothing outside this machine can reach it. */
  socket: string;
  /** Shared by the labs of a checkout, and safe to share: files appear complete, by rename. */
  directory: string;
  /** Names of the servers that may be asked; everything else is refused, so that lab hosts reach package sources and nothing more. */
  hosts: string[];
  /** HTTP proxy that this machine's apt uses for `http:` sources. */
  proxy?: string;
  /** Seconds without a byte after which an upstream request is given up. @default 60 */
  idleSeconds?: number;
}

interface Upstream {
  url: URL;
  /** Path of the cached body; its headers lie beside it. */
  file: string;
  /** Content under this address never changes. */
  immutable: boolean;
}

/** Raised for what the client is told with a status other than 200. */
class Refusal extends Error {
  constructor(
    public readonly status: number,
    message: string,
  ) {
    super(message);
  }
}

/**
 * A caching proxy for apt. Packages and index files named by their hash are kept for ever; the rest is asked for again, and the
 * last good copy is served when the source cannot be reached.
 */
export class PackageCache {
  private readonly server: http.Server;
  private readonly downloads = new Map<string, Promise<void>>();

  constructor(private readonly options: PackageCacheOptions) {
    mkdirSync(options.directory, { recursive: true });
    this.server = http.createServer((request, response) => {
      this.answer(request, response).catch((error: unknown) => {
        const status = error instanceof Refusal ? error.status : 502;
        const message = error instanceof Error ? error.message : String(error);
        if (response.headersSent) response.destroy();
        else response.writeHead(status, { "content-type": "text/plain" }).end(`${message}\n`);
      });
    });
  }

  /** Resolves when the socket takes connections. */
  async listen(): Promise<void> {
    rmSync(this.options.socket, { force: true });
    await new Promise<void>((resolve, reject) => {
      this.server.once("error", reject).listen(this.options.socket, resolve);
    });
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private async answer(request: http.IncomingMessage, response: http.ServerResponse): Promise<void> {
    if (request.method !== "GET" && request.method !== "HEAD") throw new Refusal(405, "only GET and HEAD");
    const upstream = this.upstreamOf(request.url ?? "");
    if (!(upstream.immutable && existsSync(upstream.file))) await this.fetchOnce(upstream);
    await serve(upstream.file, request, response);
  }

  /** `http://host/path` as asked of a proxy; `http://HTTPS///host/path` for a source behind TLS. */
  private upstreamOf(target: string): Upstream {
    const plain = target.replace(/^http:\/\/HTTPS\/\/\//i, "https://");
    if (!URL.canParse(plain)) throw new Refusal(400, `this is a proxy for apt: "${target}" is no address`);
    const url = new URL(plain);
    if (!this.options.hosts.includes(url.host)) {
      throw new Refusal(403, `${url.host} is not one of this machine's Debian package sources`);
    }
    const name = createHash("sha256").update(url.href).digest("hex");
    return {
      url,
      file: path.join(this.options.directory, name.slice(0, 2), name),
      immutable: url.pathname.endsWith(".deb") || url.pathname.includes("/by-hash/"),
    };
  }

  /** Hosts that want the same file at the same time wait for one download. */
  private fetchOnce(upstream: Upstream): Promise<void> {
    const running = this.downloads.get(upstream.file);
    if (running !== undefined) return running;
    const download = this.fetchWithRetry(upstream).finally(() => this.downloads.delete(upstream.file));
    this.downloads.set(upstream.file, download);
    return download;
  }

  private async fetchWithRetry(upstream: Upstream): Promise<void> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await this.download(upstream);
      } catch (error) {
        const final = error instanceof Refusal && error.status < 500;
        if (final) throw error;
        if (attempt < 3) continue;
        if (existsSync(upstream.file)) return;
        throw error;
      }
    }
  }

  private async download({ url, file }: Upstream): Promise<void> {
    const known = existsSync(file) ? readHeaders(file) : {};
    const headers: http.OutgoingHttpHeaders = { host: url.host, "user-agent": "opennebula-scaleway lab package cache" };
    if (known["last-modified"] !== undefined) headers["if-modified-since"] = known["last-modified"];
    const answer = await this.ask(url, headers);
    if (answer.statusCode === 304) return void answer.resume();
    if (answer.statusCode !== 200) {
      answer.resume();
      throw new Refusal(answer.statusCode ?? 502, `${url.href}: upstream answers ${answer.statusCode}`);
    }
    mkdirSync(path.dirname(file), { recursive: true });
    const part = `${file}.${randomUUID()}`;
    try {
      await pipeline(answer, createWriteStream(part));
      const length = answer.headers["content-length"];
      if (length !== undefined && Number(length) !== statSync(part).size) throw new Error(`${url.href}: cut short`);
      const kept = { "content-type": answer.headers["content-type"], "last-modified": answer.headers["last-modified"] };
      writeFileSync(`${part}.headers`, JSON.stringify(kept));
      renameSync(`${part}.headers`, `${file}.headers`);
      renameSync(part, file);
    } finally {
      rmSync(part, { force: true });
    }
  }

  private ask(url: URL, headers: http.OutgoingHttpHeaders): Promise<http.IncomingMessage> {
    const idle = (this.options.idleSeconds ?? 60) * 1000;
    return new Promise((resolve, reject) => {
      const proxy = url.protocol === "http:" && this.options.proxy ? new URL(this.options.proxy) : undefined;
      const request =
        proxy === undefined
          ? (url.protocol === "https:" ? https : http).get(url, { headers })
          : http.get({ host: proxy.hostname, port: proxy.port, path: url.href, headers });
      request.setTimeout(idle, () => request.destroy(new Error(`${url.host}: silent for ${idle / 1000} s`)));
      request.once("response", resolve).once("error", reject);
    });
  }
}

function readHeaders(file: string): Record<string, string> {
  try {
    return JSON.parse(readFileSync(`${file}.headers`, "utf8")) as Record<string, string>;
  } catch {
    return {};
  }
}

/** Sends a file, or a part of it, or nothing if the client has it. */
async function serve(file: string, request: http.IncomingMessage, response: http.ServerResponse): Promise<void> {
  const size = statSync(file).size;
  const headers: http.OutgoingHttpHeaders = { ...readHeaders(file), "accept-ranges": "bytes" };
  const modified = headers["last-modified"];
  const range = /^bytes=(\d+)-$/.exec(request.headers.range ?? "");
  const start = range === null ? 0 : Number(range[1]);
  if (modified !== undefined && range === null && request.headers["if-modified-since"] === modified) {
    response.writeHead(304, headers).end();
  } else if (start > 0 && start >= size) {
    response.writeHead(416, { "content-range": `bytes */${size}` }).end();
  } else {
    headers["content-length"] = size - start;
    if (range !== null) headers["content-range"] = `bytes ${start}-${size - 1}/${size}`;
    response.writeHead(range === null ? 200 : 206, headers);
    if (request.method === "HEAD") response.end();
    else await pipeline(createReadStream(file, { start }), response);
  }
}
