// SPDX-License-Identifier: Apache-2.0

/** OneFlow's REST calls that the provider uses, as OneFlow answers them: with fields of its own in what it was given. */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

interface Document {
  id: number;
  name: string;
  body: Record<string, unknown>;
}

export interface FlowServer {
  port: number;
  /** Requests that came, as `POST /service_template`. */
  requests: string[];
  templates: Map<number, Document>;
  services: Map<number, Document>;
  /** The next request of this kind is done, but its answer is lost. */
  loseAnswer(request: string): void;
  close(): Promise<void>;
}

const RUNNING = 2;
const PERMISSIONS = { OWNER_U: "1", OWNER_M: "1", OWNER_A: "0", GROUP_U: "0", GROUP_M: "0", GROUP_A: "0" };

export async function startFlow(login: string): Promise<FlowServer> {
  const requests: string[] = [];
  const lost = new Set<string>();
  const pools = { service_template: new Map<number, Document>(), service: new Map<number, Document>() };
  let next = 50;

  const shown = ({ id, name, body }: Document): object => ({
    ID: String(id),
    UID: "0",
    GID: "0",
    NAME: name,
    PERMISSIONS: { ...PERMISSIONS, OTHER_U: "0", OTHER_M: "0", OTHER_A: "0" },
    TEMPLATE: { BODY: { ...body, name, ready_status_gate: false, registration_time: 1, networks: {} } },
  });
  const make = (pool: Map<number, Document>, body: Record<string, unknown>): Document => {
    const { name, ...rest } = body;
    next += 1;
    const document = { id: next, name: String(name), body: rest };
    pool.set(next, document);
    return document;
  };
  const filled = (body: Record<string, unknown>): Record<string, unknown> => ({
    ...body,
    roles: ((body.roles ?? []) as object[]).map((role) => ({ cooldown: 300, elasticity_policies: [], ...role })),
  });

  const act = (path: string[], body: Record<string, unknown>, document: Document): object | undefined => {
    const action = body.action as { perform: string; params: Record<string, unknown> } | undefined;
    if (path[2] === "scale") {
      const roles = document.body.roles as { name: string; cardinality: number }[];
      for (const role of roles) if (role.name === body.role_name) role.cardinality = Number(body.cardinality);
      return undefined;
    }
    if (action?.perform === "rename") document.name = String(action.params.name);
    if (action?.perform !== "instantiate") return undefined;
    const merged = { ...structuredClone(document.body), ...(action.params.merge_template as object), state: RUNNING };
    return { DOCUMENT: shown(make(pools.service, merged)) };
  };

  const answer = (method: string, url: string, body: Record<string, unknown>): { status: number; json?: object } => {
    const path = url.split("/").slice(1);
    const pool = pools[path[0] as keyof typeof pools];
    if (path[1] === undefined) {
      if (method === "POST") return { status: 201, json: { DOCUMENT: shown(make(pool, filled(body))) } };
      return { status: 200, json: { DOCUMENT_POOL: { DOCUMENT: [...pool.values()].map(shown) } } };
    }
    const document = pool.get(Number(path[1]));
    if (document === undefined) return { status: 404, json: { error: { message: "Error getting document" } } };
    if (method === "POST") return { status: 201, json: act(path, body, document) };
    if (method === "DELETE") {
      pool.delete(document.id);
      return { status: 204 };
    }
    if (method === "PUT") Object.assign(document, { name: body.name, body: filled(body) });
    return { status: 200, json: { DOCUMENT: shown(document) } };
  };

  const serve = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const text = Buffer.concat(chunks).toString();
    const what = `${request.method ?? ""} ${request.url ?? ""}`;
    requests.push(what);
    if (request.headers.authorization !== `Basic ${Buffer.from(login).toString("base64")}`) {
      response.writeHead(401).end(JSON.stringify({ error: { message: "User couldn't be authenticated" } }));
      return;
    }
    const parsed = text === "" ? {} : (JSON.parse(text) as Record<string, unknown>);
    const { status, json } = answer(request.method ?? "", request.url ?? "", parsed);
    if (lost.delete(what)) request.socket.destroy();
    else response.writeHead(status).end(json === undefined ? "" : JSON.stringify(json));
  };
  const server = createServer((request, response) => void serve(request, response));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    port: (server.address() as AddressInfo).port,
    requests,
    templates: pools.service_template,
    services: pools.service,
    loseAnswer: (request) => void lost.add(request),
    close: async () => new Promise<void>((resolve) => server.close(() => resolve())),
  };
}
