// SPDX-License-Identifier: Apache-2.0

/** A TCP proxy in front of oned that breaks calls in the ways in which a network or a dying server does. */
import * as net from "node:net";

export interface OnedProxy {
  port: number;
  /** Method names of the calls that came, in order. */
  calls: string[];
  /** The next call of the method reaches oned, but its answer is lost. */
  loseAnswer(method: string): void;
  /** The next call of the method never reaches oned. */
  dropCall(method: string): void;
  /** What oned answers to a method is changed until the function returned is called. */
  rewrite(method: string, change: (answer: string) => string): () => void;
  /** What oned is asked is changed, for calls that a stand-in answers only in part. */
  rewriteCall(method: string, change: (call: string) => string): () => void;
  /** Runs something when the next call of the method arrives, before oned gets it. */
  before(method: string, act: () => Promise<void>): void;
  close(): Promise<void>;
}

export async function startOnedProxy(onedPort: number): Promise<OnedProxy> {
  const lose = new Map<string, number>();
  const drop = new Map<string, number>();
  const changes = new Map<string, (answer: string) => string>();
  const asks = new Map<string, (call: string) => string>();
  const acts = new Map<string, () => Promise<void>>();
  const calls: string[] = [];
  const take = (map: Map<string, number>, method: string): boolean => {
    const left = map.get(method) ?? 0;
    map.set(method, left - 1);
    return left > 0;
  };
  const answer = async (client: net.Socket, request: Buffer): Promise<void> => {
    const method = /<methodName>([^<]*)</.exec(request.toString())?.[1] ?? "";
    calls.push(method);
    const act = acts.get(method);
    acts.delete(method);
    await act?.();
    if (take(drop, method)) {
      client.destroy();
      return;
    }
    const reply = await ask(onedPort, Buffer.from(changed(request.toString(), asks.get(method))));
    if (take(lose, method)) client.destroy();
    else client.end(changed(reply, changes.get(method)));
  };
  const sockets = new Set<net.Socket>();
  const server = net.createServer((client) => {
    sockets.add(client);
    client.on("error", () => undefined);
    client.on("close", () => sockets.delete(client));
    let request = Buffer.alloc(0);
    client.on("data", (data) => {
      request = Buffer.concat([request, data]);
      if (complete(request)) void answer(client, request).catch(() => client.destroy());
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    port: (server.address() as net.AddressInfo).port,
    calls,
    loseAnswer: (method) => void lose.set(method, 1),
    dropCall: (method) => void drop.set(method, 1),
    rewrite: (method, change) => {
      changes.set(method, change);
      return () => void changes.delete(method);
    },
    rewriteCall: (method, change) => {
      asks.set(method, change);
      return () => void asks.delete(method);
    },
    before: (method, act) => void acts.set(method, act),
    close: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

function complete(request: Buffer): boolean {
  const end = request.indexOf("\r\n\r\n");
  if (end < 0) return false;
  const length = /content-length: (\d+)/i.exec(request.subarray(0, end).toString())?.[1] ?? "0";
  return request.length >= end + 4 + Number(length);
}

async function ask(port: number, request: Buffer): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = net.connect(port, "127.0.0.1", () => socket.write(request));
    const chunks: Buffer[] = [];
    socket.on("data", (chunk) => chunks.push(chunk));
    socket.on("error", reject);
    socket.on("end", () => resolve(Buffer.concat(chunks).toString()));
  });
}

function changed(reply: string, change: ((answer: string) => string) | undefined): string {
  if (change === undefined) return reply;
  const end = reply.indexOf("\r\n\r\n");
  const body = change(reply.slice(end + 4));
  return (
    reply.slice(0, end).replace(/content-length: \d+/i, `Content-Length: ${Buffer.byteLength(body)}`) +
    "\r\n\r\n" +
    body
  );
}
