// SPDX-License-Identifier: Apache-2.0
import type { CheckContext } from "./check";
import { pairsOf } from "./check";

/** A way from one host to another over one of the private networks. */
export interface Path {
  network: "management" | "vms";
  from: string;
  to: string;
  /** Address of the other side. */
  address: string;
  /** Bytes that the network carries at once. */
  mtu: number;
}

/** Every ordered pair of hosts over both private networks. */
export function hostPaths({ cloud }: Pick<CheckContext, "cloud">): Path[] {
  const { hosts, networks } = cloud.config;
  return pairsOf(cloud.hosts).flatMap(([from, to]): Path[] => {
    const ends = { from: from.name, to: to.name };
    return [
      { network: "management", ...ends, address: to.managementAddress, mtu: networks.management.mtu },
      { network: "vms", ...ends, address: hosts[to.name]!.vmAddress, mtu: networks.vms.mtu },
    ];
  });
}

/** What `ping` measured. */
export interface PingResult {
  /** Percent. */
  loss: number;
  /** Milliseconds; undefined where nothing came back. */
  average?: number;
  maximum?: number;
}

/**
 * The last lines of iputils' ping.
 *
 * @throws Error where they are none.
 */
export function parsePing(output: string): PingResult {
  const loss = /([\d.]+)% packet loss/.exec(output)?.[1];
  if (loss === undefined)
    throw new Error(`ping said nothing that can be understood: ${output.trim().split("\n").at(-1)}`);
  const times = /= [\d.]+\/([\d.]+)\/([\d.]+)\//.exec(output);
  return times ? { loss: Number(loss), average: Number(times[1]), maximum: Number(times[2]) } : { loss: Number(loss) };
}
