// SPDX-License-Identifier: Apache-2.0

/** `exporter.cjs SETTINGS`: numbers of OpenNebula for Prometheus, at `/metrics`. */
import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { OpenNebula } from "../../../opennebula";
import { Collector } from "./collect";

/** Both are files, because an environment and a command line can be read by others. */
interface Settings {
  endpoint: string;
  address: string;
  port: number;
  username: string;
  password: string;
  /** systemd unit of the agent for public addresses. */
  flexibleIpUnit?: string;
}

/** More would take connections from people: oned serves 15. */
const CONNECTIONS = 2;

/** Undefined where the state cannot be asked. */
function unitHealthy(unit: string): Promise<boolean | undefined> {
  return new Promise((resolve) => {
    execFile("systemctl", ["show", "--property=Result,LoadState", unit], { timeout: 3000 }, (error, stdout) => {
      if (error || stdout.includes("LoadState=not-found")) resolve(undefined);
      else resolve(stdout.includes("Result=success"));
    });
  });
}

function main(file: string): void {
  const settings = JSON.parse(readFileSync(file, "utf8")) as Settings;
  const { endpoint, username, password, flexibleIpUnit } = settings;
  const one = new OpenNebula({
    endpoint,
    username,
    password,
    concurrency: CONNECTIONS,
    attempts: 1,
    deadlineSeconds: 8,
  });
  const collector = new Collector(one, flexibleIpUnit === undefined ? undefined : () => unitHealthy(flexibleIpUnit));
  const server = createServer((request, response) => {
    request.resume();
    if (request.method !== "GET" || request.url !== "/metrics") {
      response.writeHead(404, { "content-type": "text/plain" }).end("GET /metrics\n");
      return;
    }
    collector.page().then(
      (page) => response.writeHead(200, { "content-type": "text/plain; version=0.0.4; charset=utf-8" }).end(page),
      (error: unknown) => {
        process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
        response.writeHead(500).end();
      },
    );
  });
  server.listen(settings.port, settings.address);
  process.once("SIGTERM", () => {
    server.close(() => process.exit(0));
    server.closeAllConnections();
  });
}

main(process.argv[2] ?? "/etc/opennebula-exporter/settings.json");
