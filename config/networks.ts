// SPDX-License-Identifier: Apache-2.0
import { ipv4Network, ipv4Number, overlaps, VXLAN_OVERHEAD, type Ipv4Network } from "../catalogue";
import { kindOf, type Problem } from "./problems";
import type { CloudConfig, VxlanConfig } from "./stack.gen";

/** A network and the path of its CIDR in the configuration. */
export interface NamedNetwork {
  path: string;
  network: Ipv4Network;
}

/** The schema has checked that the text is a network. */
export function namedNetwork(path: string, cidr: string): NamedNetwork {
  return { path, network: ipv4Network(cidr)! };
}

/** What is wrong with the networks as a whole: sizes, overlaps, and what VMs get of them. */
export function networkProblems({ networks }: CloudConfig): Problem[] {
  const vxlans = Object.entries(networks.vxlan!);
  const all = [
    namedNetwork("networks.management.cidr", networks.management.cidr),
    namedNetwork("networks.vms.cidr", networks.vms.cidr),
    ...vxlans.map(([name, { cidr }]) => namedNetwork(`networks.vxlan.${name}.cidr`, cidr)),
  ];
  return [
    ...all.flatMap((one, index) => [...clashes(one, all.slice(0, index)), ...sizes(one)]),
    ...vxlans.flatMap(([name, vxlan]) => vxlanProblems(`networks.vxlan.${name}`, vxlan, networks.vms.mtu!)),
  ];
}

function clashes({ path, network }: NamedNetwork, others: NamedNetwork[]): Problem[] {
  const clash = others.find((other) => overlaps(network, other.network));
  if (clash === undefined) return [];
  const rule = `must not share addresses with ${clash.path}`;
  return [{ path, found: "an overlapping network", rule, cure: "Choose another network." }];
}

function sizes({ path, network: { prefixLength } }: NamedNetwork): Problem[] {
  if (prefixLength >= 8 && prefixLength <= 29) return [];
  const rule = "must have a prefix length from 8 to 29";
  return [{ path, found: `prefix length ${prefixLength}`, rule, cure: "Choose another size." }];
}

function vxlanProblems(path: string, vxlan: VxlanConfig, carrierMtu: number): Problem[] {
  const problems: Problem[] = [];
  const inside = ipv4Network(vxlan.cidr)!;
  const isHostAddress = (value: number): boolean => value > inside.first && value < inside.last;
  const first = ipv4Number(vxlan.firstAddress)!;
  const last = first + vxlan.size - 1;
  if (!isHostAddress(first) || !isHostAddress(last)) {
    problems.push({
      path: `${path}.firstAddress`,
      found: `${vxlan.size} addresses from there`,
      rule: `all must be host addresses in ${path}.cidr`,
      cure: "Choose another first address, size or network.",
    });
  }
  if (vxlan.gateway !== undefined) {
    const gateway = ipv4Number(vxlan.gateway)!;
    if (!isHostAddress(gateway) || (gateway >= first && gateway <= last)) {
      problems.push({
        path: `${path}.gateway`,
        found: kindOf(vxlan.gateway),
        rule: `must be a host address in ${path}.cidr that no VM gets`,
        cure: "Choose an address before firstAddress or after the last one.",
      });
    }
  }
  if (vxlan.mtu !== undefined && vxlan.mtu > carrierMtu - VXLAN_OVERHEAD) {
    problems.push({
      path: `${path}.mtu`,
      found: `${vxlan.mtu}`,
      rule: `must be at most networks.vms.mtu less ${VXLAN_OVERHEAD}, the VXLAN's own header`,
      cure: `Set ${carrierMtu - VXLAN_OVERHEAD} or less, or leave it out.`,
    });
  }
  return problems;
}
