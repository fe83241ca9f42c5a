// SPDX-License-Identifier: Apache-2.0

import { join } from "node:path";
import type { Host } from "./host";

type Nic = Record<string, string>;

/** What guests reach at the proxy's address, as `:tproxy:` in OpenNebulaNetwork.conf says it. */
export interface ProxiedService {
  servicePort: number;
  remoteAddress: string;
  remotePort: number;
  /** Names and ids of virtual networks; none: all. */
  networks: string[];
}

/** The host's end of the pair of devices between a bridge and its proxy. */
export const proxyDevice = (bridge: string): string => `${bridge}b`;

/** Where the script is that works as root; sudo lets oneadmin run it. */
export const proxyScript = (remotes: string): string => join(remotes, "vnm/tproxy");

/** A word or a number of the file, whose keys are Ruby's symbols. */
export function settingOf(given: Record<string, unknown> | null, name: string): string | undefined {
  const value = given?.[`:${name}`];
  return typeof value === "string" || typeof value === "number" ? String(value) : undefined;
}

/** Services of the settings; an incomplete entry is none, and of two on one port the first holds. */
export function proxiedServices(given: unknown): ProxiedService[] {
  const services: ProxiedService[] = [];
  for (const entry of Array.isArray(given) ? (given as (Record<string, unknown> | null)[]) : []) {
    const [servicePort, remotePort] = [
      Number(settingOf(entry, "service_port")),
      Number(settingOf(entry, "remote_port")),
    ];
    const remoteAddress = settingOf(entry, "remote_addr");
    const networks = entry?.[":networks"];
    if (!(servicePort > 0 && remotePort > 0) || !remoteAddress) continue;
    if (services.some((known) => known.servicePort === servicePort)) continue;
    services.push({
      ...{ servicePort, remotePort, remoteAddress },
      networks: Array.isArray(networks) ? networks.map(String) : [],
    });
  }
  return services;
}

/** Gives the NIC's bridge its proxy, where the settings have one for its network. */
export async function proxyBridge(host: Host, nic: Nic): Promise<void> {
  const names = [nic.NETWORK, nic.NETWORK_ID];
  const services = host.settings.tproxy.filter(
    ({ networks }) => networks.length === 0 || networks.some((network) => names.includes(network)),
  );
  if (services.length === 0) return;
  const endpoints = services.map(({ servicePort, remoteAddress, remotePort }) =>
    [servicePort, remoteAddress, remotePort].join(":"),
  );
  await host.root([host.proxyScript, "up", nic.BRIDGE ?? "", ...endpoints]);
}

/** Takes a bridge's proxy away. */
export async function unproxyBridge(host: Host, bridge: string): Promise<void> {
  if (host.has(proxyDevice(bridge))) await host.root([host.proxyScript, "down", bridge]);
}
