// SPDX-License-Identifier: Apache-2.0
import { Destination, egress, services, type Egress, type Service } from "../catalogue";

/** How the documentation names what only the configuration or the host knows. */
const CONFIGURED: Record<Destination, string> = {
  [Destination.Packages]: "the package proxy, else the host's apt sources",
  [Destination.OpenNebulaRepository]: "OpenNebula's repository and its key",
  [Destination.Resolvers]: "the name servers of the host, port 53",
  [Destination.TimeServers]: "the time servers of the stack file, else those of chrony, port 123",
  [Destination.ObjectStorage]: "object storage of the stack file, else its region's",
  [Destination.Alerts]: "the mail server, webhooks and remote storage of `monitoring`",
  [Destination.GrafanaRepository]: "Grafana's repository and its key, unless `monitoring.grafana` is off",
  [Destination.ScalewayApi]: "Scaleway's API, where public addresses are reserved for VMs or names are proven by DNS",
  [Destination.AcmeDirectory]: "the ACME authority of the stack file, where the certificate comes from one",
};

/** The page that lists every open port and every way out. */
export function renderServicesDoc(): string {
  return `${[
    "# Services and destinations",
    "",
    "Generated from `catalogue/` by `npm run generate`; do not edit. The firewall of each host opens these ports to these zones and",
    "these ways out, and nothing else. Services on loopback are open to nobody but the host itself.",
    "",
    "## What listens",
    "",
    ...table(
      ["service", "port", "hosts", "unit", "listens on", "open to", "for"],
      Object.entries<Service>(services).map(serviceRow),
    ),
    "",
    "## What is reached",
    "",
    "Hosts reach each other's services that are open to the zone `private`, and these:",
    "",
    ...table(["destination", "hosts", "owner", "where", "for"], Object.entries<Egress>(egress).map(egressRow)),
  ].join("\n")}\n`;
}

function serviceRow([name, service]: [string, Service]): string[] {
  const ports = service.lastPort === undefined ? `${service.port}` : `${service.port}-${service.lastPort}`;
  return [
    name,
    `${service.protocols.join("+")} ${ports}`,
    service.hosts,
    `\`${service.unit}\``,
    service.bind,
    service.from.join(", ") || "nobody",
    service.about,
  ];
}

function egressRow([name, { hosts, owner, protocols, to, about }]: [string, Egress]): string[] {
  const where = "configured" in to ? CONFIGURED[to.configured] : `${to.host}, port ${to.port}`;
  return [name, hosts, owner, `${where} (${protocols.join("+")})`, about];
}

function table(head: string[], rows: string[][]): string[] {
  const line = (cells: string[]): string => `| ${cells.join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line)];
}
