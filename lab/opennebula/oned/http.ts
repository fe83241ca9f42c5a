// SPDX-License-Identifier: Apache-2.0

import { createServer } from "node:net";
import type { Server, Socket } from "node:net";

/**
 * The HTTP side of oned: xmlrpc-c's Abyss server, one call per connection. Node's own HTTP server keeps connections,
 * accepts chunked bodies and has other limits, so the few rules are spelled out here on a plain socket.
 */
export interface HttpOptions {
  host: string;
  /** 0 takes a free port. */
  port: number;
  /** Connections served at once (MAX_CONN); more wait. */
  maxConnections: number;
  /** Seconds for a client to send its header, and then its body (TIMEOUT). */
  timeoutSeconds: number;
  /** Largest accepted body in bytes (MESSAGE_SIZE). */
  messageSize: number;
  /** Answers the body of a call; must not reject. */
  answer: (body: Buffer, client: string) => Promise<string>;
}

export interface HttpListener {
  port: number;
  close: () => Promise<void>;
}

const HEADER_LIMIT = 4096;
const PATH = "/RPC2";
const SERVER = "Xmlrpc-c_Abyss/1.33.14";
const REASONS: Record<number, string> = {
  200: "OK",
  400: "Bad Request",
  404: "Not Found",
  405: "Method Not Allowed",
  408: "Request Timeout",
  411: "Length Required",
  500: "Internal Server Error",
};

/** Listens; rejects when the address cannot be bound. */
export function listen(options: HttpOptions): Promise<HttpListener> {
  const open = new Set<Socket>();
  const waiting: Socket[] = [];
  let active = 0;
  const take = (socket: Socket): void => {
    active++;
    socket.once("close", () => {
      active--;
      const next = waiting.shift();
      if (next !== undefined) take(next);
    });
    new Connection(socket, options).start();
  };
  const server: Server = createServer({ allowHalfOpen: true, pauseOnConnect: true }, (socket) => {
    open.add(socket);
    socket.on("error", () => socket.destroy());
    socket.once("close", () => {
      open.delete(socket);
      const queued = waiting.indexOf(socket);
      if (queued >= 0) waiting.splice(queued, 1);
    });
    if (active < options.maxConnections) take(socket);
    else waiting.push(socket);
  });
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(options.port, options.host, () => {
      const address = server.address();
      resolve({
        port: typeof address === "object" && address !== null ? address.port : options.port,
        close: () =>
          new Promise((done) => {
            server.close(() => done());
            for (const socket of open) socket.destroy();
          }),
      });
    });
  });
}

interface Header {
  method: string;
  path: string;
  fields: Map<string, string>;
}

class Connection {
  /** The header as far as it came, then what came of the body. */
  private buffer = Buffer.alloc(0);
  private readonly chunks: Buffer[] = [];
  private received = 0;
  private header: Header | undefined;
  private length = 0;
  private timer: NodeJS.Timeout | undefined;
  private answered = false;

  constructor(
    private readonly socket: Socket,
    private readonly options: HttpOptions,
  ) {}

  start(): void {
    this.arm();
    this.socket.on("data", (chunk) => this.receive(chunk));
    this.socket.on("end", () => {
      if (!this.answered) this.socket.destroy();
    });
    this.socket.once("close", () => clearTimeout(this.timer));
    this.socket.resume();
  }

  private arm(): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.timeout(), this.options.timeoutSeconds * 1000);
  }

  private timeout(): void {
    if (this.answered || this.buffer.length === 0) this.socket.destroy();
    else if (this.header === undefined) this.page(408, "Failed to read header from client connection.");
    else this.page(408, "Timed out waiting for client to send its POST data");
  }

  private receive(chunk: Buffer): void {
    // What follows the first call on a connection is lost, as with the real server.
    if (this.answered) return;
    if (this.header === undefined) {
      this.buffer = Buffer.concat([this.buffer, chunk]);
      if (!this.readHeader()) return;
    } else this.add(chunk);
    if (this.received >= this.length) this.call();
  }

  private add(chunk: Buffer): void {
    this.chunks.push(chunk);
    this.received += chunk.length;
  }

  /** True once the header is complete and asks for a body to be read. */
  private readHeader(): boolean {
    const end = /\r?\n\r?\n/.exec(this.buffer.subarray(0, HEADER_LIMIT).toString("latin1"));
    if (end === null) {
      if (this.buffer.length > HEADER_LIMIT) {
        // A client with a long header sees its connection reset.
        this.answered = true;
        this.socket.resetAndDestroy();
      }
      return false;
    }
    const lines = this.buffer.subarray(0, end.index).toString("latin1").split(/\r?\n/);
    this.add(this.buffer.subarray(end.index + end[0].length));
    const [method = "", target = "", version] = (lines.shift() ?? "").split(" ");
    if (version === undefined || !version.startsWith("HTTP/")) {
      this.page(400, "Unable to parse the request header");
      return false;
    }
    const fields = new Map<string, string>();
    for (const line of lines) {
      const colon = line.indexOf(":");
      if (colon > 0) fields.set(line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim());
    }
    this.header = { method, path: target.replace(/\?.*$/, ""), fields };
    return this.admit(this.header);
  }

  private admit(header: Header): boolean {
    const refuse = (status: number, text: string): boolean => {
      this.page(status, text);
      return false;
    };
    if (header.path !== PATH) {
      return refuse(
        404,
        "This XML-RPC For C/C++ Abyss XML-RPC server responds to only one URI path.  " +
          "I don't know what URI path that is, but it's not the one you requested: " +
          `'${header.path}'.  (Typically, it's '/RPC2')`,
      );
    }
    if (header.method === "OPTIONS") {
      this.send(200, ["Allow: POST", "Content-length: 0"], "");
      return false;
    }
    if (header.method !== "POST") return refuse(405, "POST is the only HTTP method this server understands");
    const length = header.fields.get("content-length");
    if (length === undefined) {
      return refuse(411, "You must send a content-length HTTP header in an XML-RPC call.");
    }
    if (!/^[+-]?\d+$/.test(length)) {
      const reason = `There's non-numeric crap in the value of your content-length HTTP header: '${length}'`;
      return refuse(400, reason);
    }
    if (Number(length) === 0) return refuse(400, "The value in your content-length HTTP header is zero");
    // The real server reads the number as an unsigned one.
    this.length = Number(length) < 0 ? Number(length) + 2 ** 32 : Number(length);
    if (this.length > this.options.messageSize) {
      return refuse(500, `XML-RPC request too large (${this.length} bytes)`);
    }
    if (/100-continue/i.test(header.fields.get("expect") ?? "")) this.socket.write("HTTP/1.1 100 Continue\r\n\r\n");
    this.arm();
    return true;
  }

  private call(): void {
    this.answered = true;
    clearTimeout(this.timer);
    const body = Buffer.concat(this.chunks).subarray(0, this.length);
    const client = this.socket.remoteAddress ?? "-";
    void this.options.answer(body, client).then((text) => {
      const length = `Content-length: ${Buffer.byteLength(text)}`;
      this.send(200, ["Content-type: text/xml; charset=utf-8", length], text);
    });
  }

  private page(status: number, text: string): void {
    this.send(
      status,
      ["Content-type: text/html"],
      `<HTML><HEAD><TITLE>Error ${status}</TITLE></HEAD><BODY><H1>Error ${status}</H1><P>${text}</P>` +
        '<p><HR><b><i><a href="http://xmlrpc-c.sourceforge.net">ABYSS Web Server for XML-RPC For C/C++</a></i></b> ' +
        "version 1.33.14<br></p></BODY></HTML>",
    );
  }

  private send(status: number, fields: string[], body: string): void {
    this.answered = true;
    clearTimeout(this.timer);
    const date = new Date().toUTCString().replace("GMT", "UTC");
    const head = [
      `HTTP/1.1 ${status} ${REASONS[status] ?? ""}`,
      ...fields,
      "Connection: close",
      `Date: ${date}`,
      `Server: ${SERVER}`,
      "X-Stand-In: opennebula-scaleway lab",
    ];
    this.socket.end(`${head.join("\r\n")}\r\n\r\n${body}`);
    // A client that never closes its side must not keep a place among the few connections.
    this.timer = setTimeout(() => this.socket.destroy(), this.options.timeoutSeconds * 1000).unref();
    this.socket.once("finish", () => this.socket.destroySoon());
  }
}
