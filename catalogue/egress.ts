// SPDX-License-Identifier: Apache-2.0
import type { HostRole } from "./hosts";
import type { Owner } from "./owners";
import { hostKinds, ServiceHost } from "./services/service";

/** Destinations whose addresses the stack file or the host itself names; `components/egress.ts` says what each one is. */
export enum Destination {
  /** Mirrors of the distribution: the host's apt sources, or the package proxy of the stack file. */
  Packages = "packages",
  /** OpenNebula's package repository and its key. */
  OpenNebulaRepository = "openNebulaRepository",
  /** Name servers of the host. */
  Resolvers = "resolvers",
  /** NTP servers: those of the stack file, else what chrony talks to. */
  TimeServers = "timeServers",
  /** Where backups go. */
  ObjectStorage = "objectStorage",
  /** Mail server, webhooks and remote storage of monitoring. */
  Alerts = "alerts",
  /** Grafana's package repository and its key, where it is wanted. */
  GrafanaRepository = "grafanaRepository",
  /** Scaleway's API as the hosts reach it. */
  ScalewayApi = "scalewayApi",
  /** The ACME authority, where the certificate comes from one. */
  AcmeDirectory = "acmeDirectory",
}

/** Where one connection may go. */
export interface Endpoint {
  /** Name or address, IPv4 or IPv6 without brackets. */
  host: string;
  port: number;
}

/** What a layer must reach outside the cloud. The firewall lets nothing else out; a name is looked up on the host, again and again. */
export interface Egress {
  owner: Owner;
  /** The hosts that may. */
  hosts: ServiceHost;
  protocols: ("tcp" | "udp")[];
  to: Endpoint | { configured: Destination };
  about: string;
}

const { Every, Frontend, Hypervisor } = ServiceHost;

/** Every declared destination by what it is for. */
export const egress = {
  names: {
    owner: "baremetal",
    hosts: Every,
    protocols: ["udp", "tcp"],
    to: { configured: Destination.Resolvers },
    about: "names",
  },
  time: {
    owner: "baremetal",
    hosts: Every,
    protocols: ["udp"],
    to: { configured: Destination.TimeServers },
    about: "time",
  },
  packages: {
    owner: "baremetal",
    hosts: Every,
    protocols: ["tcp"],
    to: { configured: Destination.Packages },
    about: "packages of the distribution and their security updates",
  },
  frontendPackages: {
    owner: "frontend",
    hosts: Frontend,
    protocols: ["tcp"],
    to: { configured: Destination.OpenNebulaRepository },
    about: "OpenNebula's packages",
  },
  hypervisorPackages: {
    owner: "hypervisor",
    hosts: Hypervisor,
    protocols: ["tcp"],
    to: { configured: Destination.OpenNebulaRepository },
    about: "OpenNebula's packages",
  },
  marketplace: {
    owner: "frontend",
    hosts: Frontend,
    protocols: ["tcp"],
    to: { host: "marketplace.opennebula.io", port: 443 },
    about: "images",
  },
  backups: {
    owner: "backup",
    hosts: Every,
    protocols: ["tcp"],
    to: { configured: Destination.ObjectStorage },
    about: "backups",
  },
  alerts: {
    owner: "monitoring",
    hosts: Frontend,
    protocols: ["tcp"],
    to: { configured: Destination.Alerts },
    about: "alerts on their way to people, and metrics on their way to a second place",
  },
  grafanaPackages: {
    owner: "grafana",
    hosts: Frontend,
    protocols: ["tcp"],
    to: { configured: Destination.GrafanaRepository },
    about: "Grafana's packages",
  },
  flexibleIps: {
    owner: "flexible-ip",
    hosts: Frontend,
    protocols: ["tcp"],
    to: { configured: Destination.ScalewayApi },
    about: "flexible IPs of VMs",
  },
  certificates: {
    owner: "tls",
    hosts: Frontend,
    protocols: ["tcp"],
    to: { configured: Destination.AcmeDirectory },
    about: "certificates of an ACME authority",
  },
  challenges: {
    owner: "tls",
    hosts: Frontend,
    protocols: ["tcp"],
    to: { configured: Destination.ScalewayApi },
    about: "DNS records by which an ACME authority sees whose a name is",
  },
} as const satisfies Record<string, Egress>;

export type EgressName = keyof typeof egress;

/** What a host with these roles must reach, by name. */
export function egressOf(roles: readonly HostRole[]): Record<string, Egress> {
  const kinds = hostKinds(roles);
  return Object.fromEntries(Object.entries<Egress>(egress).filter(([, { hosts }]) => kinds.includes(hosts)));
}
