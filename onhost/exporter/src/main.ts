// SPDX-License-Identifier: Apache-2.0

/** `exporter.cjs SETTINGS`: numbers of OpenNebula for Prometheus, at `/metrics`. */
import { readFileSync } from "node:fs";
import { agentHealthy } from "./agent";
import { MeasuredClient } from "./client";
import { Collector } from "./collect";
import { metricsServer } from "./server";
import { Tallies } from "./tallies";

/** In a file, because others can read a command line and an environment. */
interface Settings {
  endpoint: string;
  address: string;
  port: number;
  username: string;
  password: string;
  /** systemd unit of the agent for public addresses, where the cloud has one. */
  flexibleIpUnit?: string;
}

function main(file: string | undefined): void {
  if (file === undefined) {
    process.stderr.write("usage: exporter.cjs SETTINGS\n");
    process.exit(2);
  }
  const { address, port, flexibleIpUnit, ...oned } = JSON.parse(readFileSync(file, "utf8")) as Settings;
  const tallies = new Tallies();
  const collector = new Collector({
    client: new MeasuredClient(oned, tallies),
    tallies,
    agentHealthy: flexibleIpUnit === undefined ? undefined : () => agentHealthy(flexibleIpUnit),
  });
  const server = metricsServer(collector).listen(port, address);
  process.once("SIGTERM", () => {
    server.close(() => process.exit(0));
    server.closeAllConnections();
  });
}

main(process.argv[2]);
