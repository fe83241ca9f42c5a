// SPDX-License-Identifier: Apache-2.0
import type { HostRole } from "../../catalogue";
import { Bind, bindAddress, services, servicesOf, type Service, type ServiceName } from "../../catalogue";
import type { DeployedHost } from "../cloud";
import type { CheckContext } from "./check";
import { lines } from "./text";

/** A socket that waits for others. */
export interface Listener {
  protocol: "tcp" | "udp";
  address: string;
  port: number;
  program: string;
}

/** Every TCP and UDP socket of a host on which something waits. */
export async function listeners(context: Pick<CheckContext, "cloud">, host: string): Promise<Listener[]> {
  return lines(await context.cloud.root(host, "ss -Hltnup")).map(parseListener);
}

/** One line of `ss -Hltnup`. */
export function parseListener(line: string): Listener {
  const [protocol, , , , local = ""] = line.trim().split(/\s+/);
  const colon = local.lastIndexOf(":");
  const program = /users:\(\("([^"]+)"/.exec(line)?.[1] ?? "the kernel";
  const address = local
    .slice(0, colon)
    .replace(/%.*$/, "")
    .replace(/^\[|\]$/g, "");
  return { protocol: protocol === "udp" ? "udp" : "tcp", address, port: Number(local.slice(colon + 1)), program };
}

export function isLoopback(address: string): boolean {
  return /^127\./.test(address) || address === "::1" || /^::ffff:127\./.test(address);
}

/** Services of a host with these roles that the installed series has. */
export function presentServices(roles: readonly HostRole[], version: string): [ServiceName, Service][] {
  const all = Object.entries(servicesOf(roles)) as [ServiceName, Service][];
  return all.filter(([, { since }]) => since === undefined || Number(since) <= Number(version));
}

/** True for a socket that is where the service has to listen. */
export function isExpected(one: Listener, name: ServiceName, host: DeployedHost): boolean {
  const { port, lastPort = port, bind }: Service = services[name];
  if (one.port < port || one.port > lastPort) return false;
  if (bind === Bind.All) return !isLoopback(one.address);
  return (
    one.address === bindAddress(name, host.managementAddress) || (bind === Bind.Loopback && isLoopback(one.address))
  );
}

/** True for a socket that some service of the catalogue accounts for. */
export function isWanted(one: Listener, host: DeployedHost, version: string): boolean {
  // DHCP clients, which systemd-networkd is for whoever asks it, wait on their port without being a service.
  if (one.protocol === "udp" && (one.port === 68 || one.port === 546) && one.program === "systemd-network") return true;
  return presentServices(host.roles, version).some(
    ([name, { protocols }]) => protocols.includes(one.protocol) && isExpected(one, name, host),
  );
}
