// SPDX-License-Identifier: Apache-2.0
import type { HostRole } from "../hosts";
import { baremetalServices } from "./baremetal";
import { frontendServices } from "./frontend";
import { hypervisorServices } from "./hypervisor";
import { logServices } from "./logs";
import { Bind, hostKinds, type Service } from "./service";
import { tlsServices } from "./tls";
import { validateServices } from "./validate";

export { Bind, hostKinds, ServiceHost, type Service } from "./service";

/**
 * Every service of the cloud by name. Ports and units are OpenNebula's and the distributions' defaults; OneFlow is 2474, and what
 * speaks plain HTTP without need from outside stays on loopback.
 */
export const services = {
  ...baremetalServices,
  ...frontendServices,
  ...hypervisorServices,
  ...tlsServices,
  ...logServices,
  ...validateServices,
} as const satisfies Record<string, Service>;

export type ServiceName = keyof typeof services;

/** Services that run on a host with these roles, by name. */
export function servicesOf(roles: readonly HostRole[]): Record<string, Service> {
  const kinds = hostKinds(roles);
  return Object.fromEntries(Object.entries<Service>(services).filter(([, service]) => kinds.includes(service.hosts)));
}

/** Units that must be active on a host with these roles, each once, in the order in which they start. */
export function unitsOf(roles: readonly HostRole[]): string[] {
  const units = Object.values(servicesOf(roles))
    .filter((service) => !service.onSome && service.unit.endsWith(".service"))
    .map((service) => service.unit);
  return [...new Set(units)];
}

/** The address a service binds to on a host whose management address is given. */
export function bindAddress(name: ServiceName, managementAddress: string): string {
  const { bind } = services[name];
  if (bind === Bind.Loopback) return "127.0.0.1";
  return bind === Bind.All ? "0.0.0.0" : managementAddress;
}
