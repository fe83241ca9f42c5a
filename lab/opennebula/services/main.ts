// SPDX-License-Identifier: Apache-2.0

/** OneGate, OneFlow and FireEdge as tiny servers: `services.js gate|flow|fireedge <version>`. */

import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";
import { parse } from "yaml";

interface Service {
  title: string;
  file: string;
  auth: string;
  port: number;
  /** Host and port in the parsed file; the keys of the Ruby services are symbols. */
  bind: (file: Record<string, unknown>, version: string) => { host: unknown; port: unknown };
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

function main(name: string, version: string): void {
  const service = SERVICES[name];
  if (service === undefined) throw new Error(`no such service; there are ${Object.keys(SERVICES).join(", ")}`);
  const auth = join(process.env.ONE_VAR_DIR ?? "/var/lib/one", ".one", service.auth);
  if (readFileSync(auth, "utf8").trim() === "") throw new Error(`${auth}: is empty; oned makes it at its first start`);
  const etc = process.env.ONE_ETC_DIR ?? "/etc/one";
  const { host, port } = bindOf(service, readFileSync(join(etc, service.file), "utf8"), version);
  const banner = `${service.title} ${version} (stand-in of the opennebula-scaleway lab)`;
  const server = createServer((request, response) => {
    request.resume();
    response.writeHead(200, { "content-type": "text/plain; charset=utf-8", "x-stand-in": "opennebula-scaleway lab" });
    response.end(`${banner}: healthy\n`);
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
