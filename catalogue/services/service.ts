// SPDX-License-Identifier: Apache-2.0
import { HostRole } from "../hosts";
import type { Owner } from "../owners";
import type { TrustZone } from "../zones";

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
  owner: Owner;
  hosts: ServiceHost;
  /** Not all of these hosts run it: its layer says which. */
  onSome?: boolean;
  /** The systemd unit, or what starts the listener where no unit does. */
  unit: string;
  bind: Bind;
  /** Zones that may open connections; loopback always may. */
  from: TrustZone[];
  /** New connections of one address from outside the hosts' own networks are limited in number. */
  perSource?: boolean;
  about: string;
  /** Listens only while it is needed: a console, a migration. */
  onDemand?: boolean;
  /** First OpenNebula series that has it. */
  since?: string;
}

/** What a host with these roles counts as. */
export function hostKinds(roles: readonly HostRole[]): ServiceHost[] {
  const kinds = [ServiceHost.Every];
  if (roles.includes(HostRole.Frontend)) kinds.push(ServiceHost.Frontend);
  if (roles.includes(HostRole.Hypervisor)) kinds.push(ServiceHost.Hypervisor);
  return kinds;
}
