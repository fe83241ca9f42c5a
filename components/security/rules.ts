// SPDX-License-Identifier: Apache-2.0
import { TrustZone, type ServiceName } from "../../catalogue";
import type { FirewallPlan, FixedDestination, Opening } from "./plan";

/** The table that is ours; nothing else in nftables is ever touched. */
export const FIREWALL_TABLE = "inet opennebula_scaleway";

/** What a dropped packet's line in the kernel's log begins with. */
export const DROP_PREFIX = "opennebula-scaleway";

/**
 * The firewall of one host as an nftables script that replaces the table in one step. A packet's zone is told by the interface that it
 * came in by and then by its source, so that nobody can claim a private or admin address from where it does not live.
 */
export function firewallRules(plan: FirewallPlan): string {
  return [
    "# The firewall of this host, derived from the catalogue of services; loaded by opennebula-scaleway-firewall.service.",
    `table ${FIREWALL_TABLE}`,
    `delete table ${FIREWALL_TABLE}`,
    `table ${FIREWALL_TABLE} {`,
    ...[...sets(plan), ...inputChains(plan), ...forwardChain(plan), ...outputChain(plan)].map((line) => `\t${line}`),
    "}",
    "",
  ].join("\n");
}

function sets({ zones, fixed }: FirewallPlan): string[] {
  const zoneSets = Object.entries(zones).flatMap(([zone, networks]) => [
    ...set(`zone_${zone}4`, "ipv4_addr", "flags interval; auto-merge;", networks.v4),
    ...set(`zone_${zone}6`, "ipv6_addr", "flags interval; auto-merge;", networks.v6),
  ]);
  const key = "inet_proto . inet_service";
  const elements = (list: FixedDestination[]): string[] =>
    list.map(({ address, protocol, port }) => `${address} . ${protocol} . ${port}`);
  const rate = "size 65535; flags dynamic,timeout; timeout 5m;";
  return [
    ...zoneSets,
    ...set("fixed4", `ipv4_addr . ${key}`, "", elements(fixed.v4)),
    ...set("fixed6", `ipv6_addr . ${key}`, "", elements(fixed.v6)),
    "# Filled by the timer that looks names up.",
    ...set("destinations4", `ipv4_addr . ${key}`, "flags timeout;", []),
    ...set("destinations6", `ipv6_addr . ${key}`, "flags timeout;", []),
    ...set("rate4", "ipv4_addr", rate, []),
    ...set("rate6", "ipv6_addr", rate, []),
  ];
}

function set(name: string, type: string, flags: string, elements: string[]): string[] {
  const lines = [`type ${type}`, ...(flags === "" ? [] : [flags])];
  if (elements.length > 0) lines.push(`elements = { ${elements.join(", ")} }`);
  return block(`set ${name}`, lines);
}

function block(head: string, lines: string[]): string[] {
  return [`${head} {`, ...lines.map((line) => `\t${line}`), "}"];
}

function inputChains(plan: FirewallPlan): string[] {
  const { privateDevices, publicDevice, from } = plan;
  const bySource = (zone: "private" | "admin" | "vpn"): string[] => [
    `ip saddr @zone_${zone}4 goto from_${zone}`,
    `ip6 saddr @zone_${zone}6 goto from_${zone}`,
  ];
  return [
    ...block("chain input", [
      "type filter hook input priority filter; policy drop;",
      'iifname "lo" accept',
      "ct state vmap { established : accept, related : accept, invalid : drop }",
      ...ALWAYS_IN,
      `iifname ${names(privateDevices)} goto in_private`,
      `iifname "${publicDevice}" goto in_public`,
      "goto from_guests",
    ]),
    // A VPN gateway may stand in the private network, so its people may come in there too.
    ...block("chain in_private", [...bySource("private"), ...bySource("vpn"), "goto refused"]),
    ...block("chain in_public", [...bySource("admin"), ...bySource("vpn"), "goto from_public"]),
    ...block("chain from_private", zoneRules(plan, TrustZone.Private)),
    ...block("chain from_admin", zoneRules(plan, TrustZone.Admin, from[TrustZone.Public])),
    ...block("chain from_vpn", zoneRules(plan, TrustZone.Vpn, from[TrustZone.Public])),
    ...block("chain from_guests", zoneRules(plan, TrustZone.Guests)),
    ...block("chain from_public", zoneRules(plan, TrustZone.Public)),
    ...block("chain refused", [
      "counter",
      `limit rate 10/minute burst 20 packets log prefix "${DROP_PREFIX} in: " level info`,
      "drop",
    ]),
  ];
}

/** ICMP that IP cannot do without, and answers to echo; errors count as `related`. */
const ALWAYS_IN = [
  "icmp type echo-request limit rate 50/second accept",
  "icmpv6 type echo-request limit rate 50/second accept",
  "icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert, nd-router-advert } ip6 hoplimit 255 accept",
  "icmpv6 type { mld-listener-query, mld-listener-report, mld-listener-done, mld2-listener-report } ip6 saddr fe80::/10 accept",
  "ip protocol igmp accept",
];

/** What everybody may reach, people of named networks may too. */
function zoneRules(plan: FirewallPlan, zone: TrustZone, everybodys: Opening[] = []): string[] {
  const own = plan.from[zone];
  const known = new Set(own.map((one) => JSON.stringify(one)));
  const openings = [...own, ...everybodys.filter((one) => !known.has(JSON.stringify(one)))];
  // The hosts' own calls of each other come in bursts and are not counted.
  const limits = zone !== TrustZone.Private;
  return [
    ...openings.flatMap((one) => [...(limits && one.limited ? rateRules(one, plan.sshPerMinute) : []), openRule(one)]),
    "goto refused",
  ];
}

function rateRules(opening: Opening, perMinute: number): string[] {
  return (["4", "6"] as const).map((version) => {
    const source = version === "4" ? "ip saddr" : "ip6 saddr";
    const limit = `limit rate over ${perMinute}/minute burst ${perMinute} packets`;
    const family = version === "4" ? "ipv4" : "ipv6";
    return `meta nfproto ${family} ${ports(opening)} add @rate${version} { ${source} ${limit} } counter drop comment "${opening.service} too often"`;
  });
}

function openRule(opening: Opening): string {
  return `${ports(opening)} counter accept comment "${opening.service}"`;
}

function ports({ protocol, port, lastPort }: Opening): string {
  return `${protocol} dport ${lastPort === undefined ? port : `${port}-${lastPort}`}`;
}

/**
 * Guests' packets pass a bridge, not the host: where the kernel shows them here at all (`br_netfilter`), they leave by the bridge that they
 * came in by. What they may do is OpenNebula's security groups' affair. Routing through the host into or out of the hosts' own networks
 * is refused.
 */
function forwardChain({ publicDevice, privateDevices }: FirewallPlan): string[] {
  const own = names([publicDevice, ...privateDevices]);
  return block("chain forward", [
    "type filter hook forward priority filter; policy accept;",
    `iifname "${publicDevice}" oifname "${publicDevice}" accept`,
    `iifname ${own} counter drop`,
    `oifname ${own} counter drop`,
  ]);
}

function outputChain(plan: FirewallPlan): string[] {
  const { privateDevices, vmsDevice, toHosts } = plan;
  const vxlan: ServiceName = "vxlan";
  const multicast = toHosts.filter(({ service }) => service === vxlan);
  return [
    ...block("chain output", [
      "type filter hook output priority filter; policy drop;",
      'oifname "lo" accept',
      "ct state established,related accept",
      "icmp type echo-request accept",
      "icmpv6 type { echo-request, nd-neighbor-solicit, nd-neighbor-advert, nd-router-solicit, mld-listener-report, mld-listener-done, mld2-listener-report } accept",
      "ip protocol igmp accept",
      `oifname ${names(privateDevices)} ip daddr @zone_private4 jump to_hosts`,
      // VXLAN finds unknown addresses by multicast.
      ...multicast.map((one) => `oifname "${vmsDevice}" ip daddr 224.0.0.0/4 ${openRule(one)}`),
      "ip daddr . meta l4proto . th dport @fixed4 counter accept",
      "ip6 daddr . meta l4proto . th dport @fixed6 counter accept",
      "ip daddr . meta l4proto . th dport @destinations4 counter accept",
      "ip6 daddr . meta l4proto . th dport @destinations6 counter accept",
      "counter",
      `limit rate 10/minute burst 20 packets log prefix "${DROP_PREFIX} out: " level info`,
      // Programs of this host shall learn at once that they may not.
      "reject with icmpx admin-prohibited",
    ]),
    ...block("chain to_hosts", toHosts.map(openRule)),
  ];
}

function names(devices: string[]): string {
  return `{ ${devices.map((device) => `"${device}"`).join(", ")} }`;
}
