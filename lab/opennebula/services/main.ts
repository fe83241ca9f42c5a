// SPDX-License-Identifier: Apache-2.0

/** OneGate, OneFlow and FireEdge as tiny servers: `services.js gate|flow|fireedge <version>`. */

import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { IncomingMessage } from "node:http";
import { join } from "node:path";
import { parse } from "yaml";
import { call, ownSession } from "../cli/call";
import { oneFlow } from "./flow";
import { oneGate } from "./gate";
import type { ServiceAnswer, ServiceRequest } from "./gate";

interface Service {
  title: string;
  file: string;
  auth: string;
  port: number;
  /** Host and port in the parsed file; the keys of the Ruby services are symbols. */
  bind: (file: Record<string, unknown>, version: string) => { host: unknown; port: unknown };
  /**
   * Makes what answers requests, with the password of the service's auth file; a service that has none only says that it is there.
   */
  start?: (password: string) => (request: ServiceRequest) => Promise<ServiceAnswer>;
}

const section = (file: Record<string, unknown>, key: string): Record<string, unknown> => {
  const value = file[key];
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
};

export const SERVICES: Record<string, Service> = {
  gate: {
    title: "OneGate",
    file: "onegate-server.conf",
    auth: "onegate_auth",
    port: 5030,
    start: (password) => (request) => oneGate(request, password),
    // 7.4 moved the two into a section and reads nothing else.
    bind: (file, version) =>
      version >= "7.4"
        ? { host: section(file, ":server")[":bind"], port: section(file, ":server")[":port"] }
        : { host: file[":host"], port: file[":port"] },
  },
  flow: {
    title: "OneFlow",
    file: "oneflow-server.conf",
    auth: "oneflow_auth",
    port: 2474,
    start: () => oneFlow({ call, session: ownSession() }).answer,
    bind: (file) => ({ host: file[":host"], port: file[":port"] }),
  },
  fireedge: {
    title: "FireEdge",
    file: "fireedge-server.conf",
    auth: "sunstone_auth",
    port: 2616,
    bind: (file) => ({ host: file.host ?? "0.0.0.0", port: file.port }),
  },
};

/** Address of a service from its configuration file's text; throws an error that names file and key. */
export function bindOf(service: Service, text: string, version: string): { host: string; port: number } {
  const parsed: unknown = parse(text) ?? {};
  if (typeof parsed !== "object" || parsed === null || Array.isArray(parsed)) {
    throw new Error(`${service.file}: must be a YAML mapping`);
  }
  const { host = "127.0.0.1", port = service.port } = service.bind(parsed as Record<string, unknown>, version);
  if (typeof host !== "string") throw new Error(`${service.file}: the host must be a text`);
  if (typeof port !== "number" || !Number.isInteger(port) || port < 1 || port > 65535) {
    throw new Error(`${service.file}: the port must be a whole number from 1 to 65535`);
  }
  return { host, port };
}

const MAX_BODY = 1024 * 1024;

async function readBody(request: IncomingMessage): Promise<string> {
  let text = "";
  for await (const chunk of request.setEncoding("utf8")) {
    text += String(chunk);
    if (text.length > MAX_BODY) throw new Error("the body is longer than 1 MiB");
  }
  return text;
}

function main(name: string, version: string): void {
  const service = SERVICES[name];
  if (service === undefined) throw new Error(`no such service; there are ${Object.keys(SERVICES).join(", ")}`);
  const auth = join(process.env.ONE_VAR_DIR ?? "/var/lib/one", ".one", service.auth);
  if (readFileSync(auth, "utf8").trim() === "") throw new Error(`${auth}: is empty; oned makes it at its first start`);
  const etc = process.env.ONE_ETC_DIR ?? "/etc/one";
  const { host, port } = bindOf(service, readFileSync(join(etc, service.file), "utf8"), version);
  const banner = `${service.title} ${version} (stand-in of the opennebula-scaleway lab)`;
  const [, password = ""] = /^[^:]+:(.+)$/.exec(readFileSync(auth, "utf8").trim()) ?? [];
  const answer = service.start?.(password);
  const server = createServer((request, response) => {
    const headers = { "x-stand-in": "opennebula-scaleway lab" };
    const path = (request.url ?? "/").replace(/\?.*$/, "");
    if (answer === undefined || path === "/") {
      request.resume();
      response.writeHead(200, { ...headers, "content-type": "text/plain; charset=utf-8" }).end(`${banner}: healthy\n`);
      return;
    }
    readBody(request)
      .then((body) => answer({ method: request.method ?? "", path, headers: request.headers, body }))
      .catch((error: unknown): ServiceAnswer => ({ status: 500, body: error instanceof Error ? error.message : "" }))
      .then(({ status, body, text = body === undefined ? "" : JSON.stringify(body) }) => {
        const type = body === undefined ? "text/html;charset=utf-8" : "application/json";
        response.writeHead(status, { ...headers, "content-type": type }).end(text);
      })
      .catch(() => response.destroy());
  });
  server.once("error", (error) => fail(error));
  server.listen(port, host, () => process.stdout.write(`${banner}: listening at ${host} port ${port}\n`));
  process.once("SIGTERM", () => {
    server.close(() => process.exit(0));
    server.closeAllConnections();
  });
}

function fail(error: unknown): never {
  process.stderr.write(`stand-in: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
}

if (require.main === module) {
  try {
    main(process.argv[2] ?? "", process.argv[3] ?? "7.0.0");
  } catch (error) {
    fail(error);
  }
}
