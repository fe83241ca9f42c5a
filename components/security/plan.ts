// SPDX-License-Identifier: Apache-2.0
import ipaddr from "ipaddr.js";
import {
  Bind,
  Destination,
  egressOf,
  hostDevices,
  HostRole,
  isIp,
  servicesOf,
  TrustZone,
  type Endpoint,
  type Service,
} from "../../catalogue";
import type { UpdatesPlan } from "./hardening";

/** A way out beyond the catalogue's, from the stack file. */
export interface FurtherDestination extends Endpoint {
  /** @default "tcp" */
  protocol?: "tcp" | "udp";
}

export interface FirewallArgs {
  /** Networks of the administrators; without the operator's own the change is taken back. */
  adminNetworks: string[];
  /** Networks from which people come through a VPN. @default none */
  vpnNetworks?: string[];
  /** New SSH connections that one address may open in a minute. @default 120 */
  sshPerMinute?: number;
  /** Ways out beyond the catalogue's. @default none */
  egress?: FurtherDestination[];
}

export interface SecurityPlanArgs {
  host: string;
  roles: HostRole[];
  managementCidr: string;
  vmsCidr: string;
  /** Undefined where the firewall is off. */
  firewall?: FirewallArgs;
  /** Undefined where nobody updates by itself. */
  updates?: UpdatesPlan;
  /** What the stack file names for each configured destination. */
  destinations: Record<Destination, Endpoint[]>;
}

/** Networks or addresses of both families. */
export interface Families<T = string> {
  v4: T[];
  v6: T[];
}

/** Ports that one zone may open connections to. */
export interface Opening {
  service: string;
  protocol: "tcp" | "udp";
  port: number;
  lastPort?: number;
  /** New connections of one source are limited. */
  limited: boolean;
}

export interface FirewallPlan {
  /** Interfaces between the hosts. */
  privateDevices: string[];
  publicDevice: string;
  /** Where VXLAN's multicast goes. */
  vmsDevice: string;
  zones: { private: Families; admin: Families; vpn: Families };
  sshPerMinute: number;
  /** What each zone may reach on this host. */
  from: Record<TrustZone, Opening[]>;
  /** What this host may reach on the other hosts. */
  toHosts: Opening[];
  /** Destinations that the stack file gives by address. */
  fixed: Families<FixedDestination>;
  /** What the host looks up again and again. */
  lookedUp: { names: { host: string; port: number; protocols: string[] }[]; host: Destination[] };
}

export interface FixedDestination {
  address: string;
  protocol: "tcp" | "udp";
  port: number;
}

export interface SecurityPlan {
  host: string;
  isFrontend: boolean;
  firewall?: FirewallPlan;
  updates?: UpdatesPlan;
}

export const DEFAULT_SSH_PER_MINUTE = 120;

/** Destinations that the host's own settings name where the stack file does not. */
const HOSTS_OWN = [Destination.Packages, Destination.Resolvers, Destination.TimeServers];

/** Plans what closes a host; its firewall comes from the catalogue. */
export function planSecurity(args: SecurityPlanArgs): SecurityPlan {
  const { host, roles, firewall, updates } = args;
  return {
    host,
    isFrontend: roles.includes(HostRole.Frontend),
    firewall: firewall && planFirewall(args, firewall),
    updates,
  };
}

function planFirewall(args: SecurityPlanArgs, firewall: FirewallArgs): FirewallPlan {
  const own = Object.entries(servicesOf(args.roles));
  const openings = (entries: [string, Service][], zone: TrustZone): Opening[] =>
    entries.filter(([, { bind, from }]) => bind !== Bind.Loopback && from.includes(zone)).flatMap(openingsOf);
  const zones = Object.values(TrustZone).map((zone) => [zone, openings(own, zone)] as const);
  return {
    privateDevices: [hostDevices.management, hostDevices.vms],
    publicDevice: hostDevices.publicBridge,
    vmsDevice: hostDevices.vms,
    zones: {
      private: families([args.managementCidr, args.vmsCidr]),
      admin: families(firewall.adminNetworks),
      vpn: families(firewall.vpnNetworks ?? []),
    },
    sshPerMinute: firewall.sshPerMinute ?? DEFAULT_SSH_PER_MINUTE,
    from: Object.fromEntries(zones) as Record<TrustZone, Opening[]>,
    toHosts: openings(Object.entries(servicesOf(Object.values(HostRole))), TrustZone.Private),
    ...destinationsOf(args, firewall),
  };
}

function openingsOf([service, { protocols, port, lastPort, perSource }]: [string, Service]): Opening[] {
  return protocols.map((protocol) => ({ service, protocol, port, lastPort, limited: perSource === true }));
}

function destinationsOf(args: SecurityPlanArgs, firewall: FirewallArgs): Pick<FirewallPlan, "fixed" | "lookedUp"> {
  const declared = Object.values(egressOf(args.roles)).flatMap(({ to, protocols }) =>
    ("configured" in to ? args.destinations[to.configured] : [to]).map((endpoint) => ({ ...endpoint, protocols })),
  );
  const further = (firewall.egress ?? []).map(({ protocol, ...rest }) => ({
    ...rest,
    protocols: [protocol ?? "tcp"],
  }));
  const all = [...declared, ...further];
  const fixed = all
    .filter(({ host }) => isIp(host))
    .flatMap(({ host, port, protocols }) =>
      protocols.map((protocol) => ({ address: plainAddress(host), protocol, port })),
    );
  const byText = new Map(fixed.map((one) => [JSON.stringify(one), one]));
  const family = (v6: boolean): FixedDestination[] =>
    [...byText.keys()]
      .sort()
      .map((key) => byText.get(key)!)
      .filter(({ address }) => address.includes(":") === v6);
  const names = all
    .filter(({ host }) => !isIp(host))
    .map(({ host, port, protocols }) => ({ host, port, protocols: [...protocols].sort() }));
  const unique = [...new Map(names.map((one) => [JSON.stringify(one), one])).entries()].sort(([a], [b]) =>
    a < b ? -1 : 1,
  );
  return {
    fixed: { v4: family(false), v6: family(true) },
    lookedUp: {
      names: unique.map(([, one]) => one),
      host: HOSTS_OWN.filter((destination) => args.destinations[destination].length === 0),
    },
  };
}

function families(networks: string[]): Families {
  const sorted = [...new Set(networks)].sort();
  return { v4: sorted.filter((one) => !one.includes(":")), v6: sorted.filter((one) => one.includes(":")) };
}

/** One spelling for each address, and one that nftables reads; an IPv4 address in IPv6's clothes is what it is. */
function plainAddress(text: string): string {
  return ipaddr.process(text).toString();
}
