// SPDX-License-Identifier: Apache-2.0
import { Bind, servicesOf, type TrustZone } from "../../catalogue";
import type { DeployedHost } from "../cloud";
import type { CheckContext } from "./check";

/** Ports that answered on an address. */
export interface Scan {
  from: string;
  to: DeployedHost;
  address: string;
  open: number[];
}

/** Every TCP port of an address, looked at from a host with nmap. */
export async function scanTcp(
  { cloud }: Pick<CheckContext, "cloud">,
  from: DeployedHost,
  to: { host: DeployedHost; address: string },
): Promise<Scan> {
  const script = `command -v nmap >/dev/null || { echo "nmap is not installed: deploy the stack again" >&2; exit 1; }
nmap -n -Pn -sS -p- -T4 --min-rate 3000 --max-retries 2 --host-timeout 50s -oG - ${to.address}`;
  const output = await cloud.root(from.name, script, "", 60);
  return { from: from.name, to: to.host, address: to.address, open: openPorts(output) };
}

/**
 * Open ports in nmap's greppable output.
 *
 * @throws Error where the scan did not come to its end.
 */
export function openPorts(output: string): number[] {
  if (!/Nmap done.*\(1 host up\)/.test(output) || /Host: .*Status: Timeout/i.test(output))
    throw new Error("nmap did not come to the end of its scan");
  return [...output.matchAll(/(\d+)\/open\/tcp/g)].map(([, port]) => Number(port));
}

/** True where the catalogue lets a zone reach a TCP port of a host. */
export function mayReach(zone: TrustZone, host: DeployedHost, port: number): boolean {
  return Object.values(servicesOf(host.roles)).some(
    (service) =>
      service.bind !== Bind.Loopback &&
      service.protocols.includes("tcp") &&
      port >= service.port &&
      port <= (service.lastPort ?? service.port) &&
      service.from.includes(zone),
  );
}
