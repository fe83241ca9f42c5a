// SPDX-License-Identifier: Apache-2.0
import { HostRole } from "./hosts";
import { TrustZone } from "./zones";

/** Which addresses a service listens on. */
export enum Bind {
  Loopback = "loopback",
  /** The host's address in the management network. */
  Management = "management",
  /** Every address of the host; the firewall decides. */
  All = "all",
}

/** The kind of host that runs a service. */
export enum ServiceHost {
  Every = "every",
  Frontend = "frontend",
  Hypervisor = "hypervisor",
}

/** One listening service; a port number stands nowhere else in the project. */
export interface Service {
  port: number;
  /** Last port of a range, included. */
  lastPort?: number;
  protocols: ("tcp" | "udp")[];
  /** The layer that installs it. */
  owner: "baremetal" | "frontend" | "hypervisor";
  hosts: ServiceHost;
  /** The systemd unit, or what starts the listener where no unit does. */
  unit: string;
  bind: Bind;
  /** Zones that may open connections; loopback always may. */
  from: TrustZone[];
  about: string;
}

/**
 * Every service of the cloud by name. Ports and units are OpenNebula's and the distributions' defaults; OneFlow is 2474 and
 * what speaks plain HTTP
 * without need from outside stays on loopback.
 */
export const services = {
  ssh: {
    port: 22,
    protocols: ["tcp"],
    owner: "baremetal",
    hosts: ServiceHost.Every,
    unit: "ssh.service",
    bind: Bind.All,
    from: [TrustZone.Admin, TrustZone.Private],
    about: "operators; image copies and driver calls between hosts",
  },
  dns: {
    port: 53,
    protocols: ["tcp", "udp"],
    owner: "frontend",
    hosts: ServiceHost.Frontend,
    unit: "dnsmasq.service",
    bind: Bind.Management,
    from: [TrustZone.Private],
    about: "names of the hosts",
  },
  mariadb: {
    port: 3306,
    protocols: ["tcp"],
    owner: "frontend",
    hosts: ServiceHost.Frontend,
    unit: "mariadb.service",
    bind: Bind.Loopback,
    from: [],
    about: "oned's database",
  },
  oned: {
    port: 2633,
    protocols: ["tcp"],
    owner: "frontend",
    hosts: ServiceHost.Frontend,
    unit: "opennebula.service",
    bind: Bind.Loopback,
    from: [],
    about: "XML-RPC API; plain HTTP, so only for this host and for SSH channels",
  },
  onedGrpc: {
    port: 2634,
    protocols: ["tcp"],
    owner: "frontend",
    hosts: ServiceHost.Frontend,
    unit: "opennebula.service",
    bind: Bind.Loopback,
    from: [],
    about: "gRPC API (OpenNebula 7.2 and later)",
  },
  onedEvents: {
    port: 2101,
    lastPort: 2102,
    protocols: ["tcp"],
    owner: "frontend",
    hosts: ServiceHost.Frontend,
    unit: "opennebula-hem.service",
    bind: Bind.Loopback,
    from: [],
    about: "events for hooks and FireEdge",
  },
  monitord: {
    port: 4124,
    protocols: ["tcp", "udp"],
    owner: "frontend",
    hosts: ServiceHost.Frontend,
    unit: "opennebula.service",
    bind: Bind.Management,
    from: [TrustZone.Private],
    about: "monitoring messages of the hypervisors",
  },
  oneflow: {
    port: 2474,
    protocols: ["tcp"],
    owner: "frontend",
    hosts: ServiceHost.Frontend,
    unit: "opennebula-flow.service",
    bind: Bind.Loopback,
    from: [],
    about: "services of several VMs",
  },
  onegate: {
    port: 5030,
    protocols: ["tcp"],
    owner: "frontend",
    hosts: ServiceHost.Frontend,
    unit: "opennebula-gate.service",
    bind: Bind.Management,
    from: [TrustZone.Private, TrustZone.Guests],
    about: "VMs report and ask about themselves",
  },
  fireedge: {
    port: 2616,
    protocols: ["tcp"],
    owner: "frontend",
    hosts: ServiceHost.Frontend,
    unit: "opennebula-fireedge.service",
    bind: Bind.Loopback,
    from: [],
    about: "web interface, reached through the TLS proxy",
  },
  guacd: {
    port: 4822,
    protocols: ["tcp"],
    owner: "frontend",
    hosts: ServiceHost.Frontend,
    unit: "opennebula-guacd.service",
    bind: Bind.Loopback,
    from: [],
    about: "remote consoles for FireEdge",
  },
  consoles: {
    port: 5900,
    lastPort: 65535,
    protocols: ["tcp"],
    owner: "hypervisor",
    hosts: ServiceHost.Hypervisor,
    unit: "libvirtd.service",
    bind: Bind.Loopback,
    from: [],
    about: "VNC of each VM, reached through SSH",
  },
  liveMigration: {
    port: 49152,
    lastPort: 49215,
    protocols: ["tcp"],
    owner: "hypervisor",
    hosts: ServiceHost.Hypervisor,
    unit: "libvirtd.service",
    bind: Bind.All,
    from: [TrustZone.Private],
    about: "memory of a VM on its way to another host",
  },
  vxlan: {
    port: 8472,
    protocols: ["udp"],
    owner: "hypervisor",
    hosts: ServiceHost.Hypervisor,
    unit: "kernel",
    bind: Bind.All,
    from: [TrustZone.Private],
    about: "VM-to-VM networks",
  },
} as const satisfies Record<string, Service>;

export type ServiceName = keyof typeof services;

/** Units that must be active on a host with these roles, each once, in the order in which they start. */
export function unitsOf(roles: readonly HostRole[]): string[] {
  const kinds: ServiceHost[] = [ServiceHost.Every];
  if (roles.includes(HostRole.Frontend)) kinds.push(ServiceHost.Frontend);
  if (roles.includes(HostRole.Hypervisor)) kinds.push(ServiceHost.Hypervisor);
  const all: Service[] = Object.values(services);
  const units = all
    .filter((service) => kinds.includes(service.hosts) && service.unit.endsWith(".service"))
    .map((service) => service.unit);
  return [...new Set(units)];
}

/** The address a service binds to on a host whose management address is given. */
export function bindAddress(name: ServiceName, managementAddress: string): string {
  const { bind } = services[name];
  if (bind === Bind.Loopback) return "127.0.0.1";
  return bind === Bind.All ? "0.0.0.0" : managementAddress;
}
