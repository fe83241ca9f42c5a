// SPDX-License-Identifier: Apache-2.0
import { createSocket, type Socket } from "node:dgram";
import { createServer, type Server } from "node:net";

const A = 1;
const TXT = 16;
/** Answer, authoritative; with the truncation mark a client asks again over TCP. */
const FLAGS = { answer: 0x84, truncated: 0x86 };

export interface Question {
  name: string;
  by: "udp" | "tcp";
  from: string;
}

export interface NameServerOptions {
  /** @default "127.0.0.1" */
  host?: string;
  /** @default 0: any that is free */
  port?: number;
  /** IPv4 address of a name. @default loopback, whatever the name */
  address?: (name: string) => string;
  /** Names whose answers are said not to fit into a datagram. @default none */
  long?: (name: string) => boolean;
  onQuestion?: (question: Question) => void;
}

/** A DNS server for tests: addresses and texts by name; nothing else exists. */
export class NameServer {
  private readonly udp: Socket = createSocket("udp4");
  private readonly tcp: Server;
  /** Texts of a name. */
  txt: (name: string) => Promise<string[]> = () => Promise.resolve([]);

  constructor(private readonly options: NameServerOptions = {}) {
    this.udp.on("message", (query, from) => {
      void this.answer(query, "udp", from.address).then((reply) => this.udp.send(reply, from.port, from.address));
    });
    this.tcp = createServer((socket) => {
      // A question has a few dozen bytes: it comes in one piece.
      socket
        .on("error", () => socket.destroy())
        .once("data", (data) => {
          void this.answer(data.subarray(2), "tcp", socket.remoteAddress ?? "").then((reply) => {
            const length = Buffer.alloc(2);
            length.writeUInt16BE(reply.length);
            socket.end(Buffer.concat([length, reply]));
          });
        });
    });
  }

  /** @returns the port, the same for both protocols */
  async listen(): Promise<number> {
    const { host = "127.0.0.1", port = 0 } = this.options;
    await new Promise<void>((done, failed) => this.udp.once("error", failed).bind(port, host, done));
    await new Promise<void>((done, failed) => this.tcp.once("error", failed).listen(this.port, host, done));
    return this.port;
  }

  get port(): number {
    return this.udp.address().port;
  }

  close(): void {
    this.udp.close();
    this.tcp.close();
  }

  private async answer(query: Buffer, by: "udp" | "tcp", from: string): Promise<Buffer> {
    const labels: string[] = [];
    let at = 12;
    for (; query[at] !== 0; at += query[at]! + 1) labels.push(query.toString("latin1", at + 1, at + 1 + query[at]!));
    const type = query.readUInt16BE(at + 1);
    const question = query.subarray(12, at + 5);
    const name = labels.join(".").toLowerCase();
    this.options.onQuestion?.({ name, by, from });
    const truncated = by === "udp" && this.options.long?.(name) === true;
    const values = truncated ? [] : await this.valuesOf(name, type);
    const flags = truncated ? FLAGS.truncated : FLAGS.answer;
    const header = Buffer.from([query[0]!, query[1]!, flags, 0x80, 0, 1, 0, values.length, 0, 0, 0, 0]);
    const answers = values.map((value) =>
      Buffer.concat([Buffer.from([0xc0, 12, 0, type, 0, 1, 0, 0, 0, 0, 0, value.length]), value]),
    );
    return Buffer.concat([header, question, ...answers]);
  }

  private async valuesOf(name: string, type: number): Promise<Buffer[]> {
    if (type === A) {
      const address = this.options.address?.(name) ?? "127.0.0.1";
      return [Buffer.from(address.split(".").map(Number))];
    }
    if (type !== TXT) return [];
    return (await this.txt(name)).map((text) => Buffer.concat([Buffer.from([text.length]), Buffer.from(text)]));
  }
}
