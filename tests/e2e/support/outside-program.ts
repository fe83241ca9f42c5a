// SPDX-License-Identifier: Apache-2.0
// What hosts of a lab find outside of it, beyond what the lab itself has: name server, time server, an ACME authority's names, and HTTPS
// on the ports of standard input. Runs in the fabric's network namespace; prints one line of JSON for each contact.
import { createSocket } from "node:dgram";
import { createServer } from "node:tls";
import { text } from "node:stream/consumers";
import { NameServer } from "../../helpers/name-server";

export interface OutsideSettings {
  /** The address that everything listens on, and that every name has. */
  address: string;
  /** Addresses of names that are elsewhere. */
  names: Record<string, string>;
  https: { ports: number[]; certificate: string; key: string };
  /** Where the records of a DNS zone are at Scaleway. */
  records: { url: string; zone: string; token: string };
}

/** One contact: `from` is the host's address. */
export interface Contact {
  kind: "udp names" | "tcp names" | "time" | "https";
  from: string;
  /** Name that was asked for, or that the caller of HTTPS named. */
  about: string;
  port: number;
}

const tell = (contact: Contact | { ready: true }): void => void process.stdout.write(`${JSON.stringify(contact)}\n`);
const SECONDS_FROM_1900 = 2_208_988_800;

function timeServer(address: string): void {
  const socket = createSocket("udp4");
  socket.on("message", (query, from) => {
    tell({ kind: "time", from: from.address, about: "", port: 123 });
    const stamp = Buffer.alloc(8);
    stamp.writeUInt32BE(Math.floor(Date.now() / 1000) + SECONDS_FROM_1900);
    stamp.writeUInt32BE(Math.floor(((Date.now() % 1000) / 1000) * 2 ** 32), 4);
    const reply = Buffer.alloc(48);
    // Version 4, a server of the first stratum that knows the time to a microsecond.
    reply.set([0x24, 1, query[2]!, 0xec]);
    reply.write("TEST", 12, "latin1");
    stamp.copy(reply, 16);
    query.copy(reply, 24, 40, 48);
    stamp.copy(reply, 32);
    stamp.copy(reply, 40);
    socket.send(reply, from.port, from.address);
  });
  socket.bind(123, address);
}

async function main(): Promise<void> {
  const { address, names, https, records } = JSON.parse(await text(process.stdin)) as OutsideSettings;
  const server = new NameServer({
    host: address,
    port: 53,
    address: (name) => names[name] ?? address,
    long: (name) => name.startsWith("long-"),
    onQuestion: ({ name, by, from }) => tell({ kind: `${by} names`, from, about: name, port: 53 }),
  });
  server.txt = async (name) => {
    const answer = await fetch(`${records.url}/domain/v2beta1/dns-zones/${records.zone}/records`, {
      headers: { "X-Auth-Token": records.token },
    });
    const { records: all = [] } = (await answer.json()) as { records?: { name: string; data: string }[] };
    return all.filter((one) => `${one.name}.${records.zone}` === name).map(({ data }) => data.slice(1, -1));
  };
  await server.listen();
  timeServer(address);
  for (const port of https.ports) {
    const pages = createServer({ cert: https.certificate, key: https.key }, (socket) => {
      socket
        .on("error", () => socket.destroy())
        .once("data", () => {
          tell({ kind: "https", from: socket.remoteAddress ?? "", about: String(socket.servername), port });
          socket.end("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}");
        });
    });
    pages.on("tlsClientError", () => undefined).listen(port, address);
    await new Promise((done) => pages.once("listening", done));
  }
  tell({ ready: true });
}

main().catch((error: unknown) => {
  console.error(error);
  process.exit(1);
});
