// SPDX-License-Identifier: Apache-2.0

/** The lab's OneFlow behind a server that notes requests and can lose answers. */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { call } from "../../../../lab/opennebula/cli/call";
import { oneFlow } from "../../../../lab/opennebula/services/flow";

export interface FlowServer {
  port: number;
  /** Requests that came, as `POST /service_template`. */
  requests: string[];
  /** The next request of this kind is done, but its answer is lost. */
  loseAnswer(request: string): void;
  /** The next request of this kind never reaches OneFlow. */
  dropCall(request: string): void;
  close(): Promise<void>;
}

/** @param onedPort - of the oned that keeps the documents and runs the VMs. @param session - of oneadmin */
export async function startFlow(onedPort: number, session: string): Promise<FlowServer> {
  const requests: string[] = [];
  const lost = new Set<string>();
  const dropped = new Set<string>();
  const flow = oneFlow({
    call: (method, params, login) => call(method, params, login, `http://127.0.0.1:${onedPort}/RPC2`),
    session,
    tickMilliseconds: 20,
    cooldownSeconds: 1,
  });
  const serve = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const { method = "", url: path = "", headers } = request;
    requests.push(`${method} ${path}`);
    if (dropped.delete(`${method} ${path}`)) return void request.socket.destroy();
    const { status, body, text } = await flow.answer({ method, path, headers, body: Buffer.concat(chunks).toString() });
    if (lost.delete(`${method} ${path}`)) request.socket.destroy();
    else response.writeHead(status).end(text ?? (body === undefined ? "" : JSON.stringify(body)));
  };
  const server = createServer((request, response) => void serve(request, response).catch(() => response.destroy()));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    port: (server.address() as AddressInfo).port,
    requests,
    loseAnswer: (request) => void lost.add(request),
    dropCall: (request) => void dropped.add(request),
    close: async () => {
      await new Promise<void>((resolve) => server.close(() => resolve()));
      await flow.close();
    },
  };
}
