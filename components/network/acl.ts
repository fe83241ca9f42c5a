// SPDX-License-Identifier: Apache-2.0
import { Bind, services, TrustZone, type Service } from "../../catalogue";

/** One rule of a VPC's list; ports 0 to 0 are all. */
export interface AclRule {
  protocol: "ANY" | "TCP" | "UDP" | "ICMP";
  source: string;
  srcPortLow: number;
  srcPortHigh: number;
  destination: string;
  dstPortLow: number;
  dstPortHigh: number;
  action: "accept" | "drop";
  description: string;
}

/** The lists of a VPC, one for each family, and what becomes of packets that no rule names. */
export interface VpcAclPlan {
  defaultPolicy: "accept" | "drop";
  v4: AclRule[];
  v6: AclRule[];
}

export interface VpcAclArgs {
  managementCidr: string;
  /** Networks of people behind a VPN, which may lie in another private network of the VPC. @default none */
  vpnNetworks?: string[];
}

const ALL_PORTS = { srcPortLow: 0, srcPortHigh: 0, dstPortLow: 0, dstPortHigh: 0 };

/**
 * What may be routed from one private network of the VPC to another, from the catalogue: what the zone `vpn` may reach on hosts, by their
 * management addresses, and the answers, because the list knows no connections. Traffic within one network never meets it, and hosts are
 * in both of theirs. IPv6 stays closed: hosts have no IPv6 address there.
 */
export function vpcAcl({ managementCidr, vpnNetworks = [] }: VpcAclArgs): VpcAclPlan {
  const open = Object.entries<Service>(services).filter(
    ([, { bind, from }]) => bind !== Bind.Loopback && from.includes(TrustZone.Vpn),
  );
  const v4 = vpnNetworks
    .filter((network) => !network.includes(":"))
    .flatMap((network) => [
      ...bothWays({ protocol: "ICMP", from: network, to: managementCidr, about: "errors and echo" }),
      ...open.flatMap(([name, { protocols, port, lastPort = port }]) =>
        protocols.flatMap((protocol) =>
          bothWays({
            protocol: protocol === "tcp" ? "TCP" : "UDP",
            from: network,
            to: managementCidr,
            ports: { low: port, high: lastPort },
            about: name,
          }),
        ),
      ),
    ]);
  return { defaultPolicy: "drop", v4: [...v4, everythingElse("0.0.0.0/0")], v6: [everythingElse("::/0")] };
}

/** The list of a VPC without a firewall: what Scaleway gives everybody. */
export const openVpcAcl: VpcAclPlan = { defaultPolicy: "accept", v4: [], v6: [] };

interface Way {
  protocol: AclRule["protocol"];
  from: string;
  to: string;
  /** Of the side that is called. @default all */
  ports?: { low: number; high: number };
  about: string;
}

function bothWays({ protocol, from, to, ports = { low: 0, high: 0 }, about }: Way): AclRule[] {
  const { low, high } = ports;
  const rule = { ...ALL_PORTS, protocol, action: "accept" as const };
  return [
    { ...rule, source: from, destination: to, dstPortLow: low, dstPortHigh: high, description: about },
    { ...rule, source: to, destination: from, srcPortLow: low, srcPortHigh: high, description: `answers: ${about}` },
  ];
}

/** Said as a rule too: Scaleway's documentation has an empty list let everything through. */
function everythingElse(network: string): AclRule {
  const rule = { ...ALL_PORTS, protocol: "ANY" as const, action: "drop" as const };
  return { ...rule, source: network, destination: network, description: "everything else" };
}
