// SPDX-License-Identifier: Apache-2.0

import ipaddr from "ipaddr.js";
import type { Host } from "./host";
import type { NetworkVm } from "./vm";

type Vector = Record<string, string>;
type Family = "iptables" | "ip6tables";

const FAMILIES: Family[] = ["iptables", "ip6tables"];
/** The chain that all VMs' chains hang from. */
const ROOT = "opennebula";

const device = (vm: NetworkVm, nic: Vector): string => nic.TARGET ?? `one-${vm.id}-${nic.NIC_ID ?? ""}`;

/** What is bridged to the VM's device comes in, what is bridged from it goes out. */
const jumps = (name: string): string[][] => [
  ["-m", "physdev", "--physdev-is-bridged", "--physdev-out", name, "-j", `${name}-i`],
  ["-m", "physdev", "--physdev-is-bridged", "--physdev-in", name, "-j", `${name}-o`],
];

/** Addresses of a rule, from its first one on. */
function range(rule: Vector): string {
  const first = rule.IP ?? "";
  const size = Math.max(1, Number(rule.SIZE ?? "1"));
  const bytes = ipaddr.parse(first).toByteArray();
  let carry = size - 1;
  for (let at = bytes.length - 1; at >= 0 && carry > 0; at--) {
    const sum = (bytes[at] ?? 0) + carry;
    bytes[at] = sum % 256;
    carry = Math.floor(sum / 256);
  }
  return `${first}-${ipaddr.fromByteArray(bytes).toString()}`;
}

/** `22,80,90:100` in pieces that one match can hold. */
function portGroups(text: string): string[] {
  const ports = text.split(",").map((port) => port.trim());
  const groups: string[] = [];
  for (let at = 0; at < ports.length; at += 7) groups.push(ports.slice(at, at + 7).join(","));
  return groups;
}

const PROTOCOLS: Record<string, Partial<Record<Family, string>>> = {
  ALL: { iptables: "all", ip6tables: "all" },
  TCP: { iptables: "tcp", ip6tables: "tcp" },
  UDP: { iptables: "udp", ip6tables: "udp" },
  ICMP: { iptables: "icmp" },
  ICMPV6: { ip6tables: "icmpv6" },
  IPSEC: { iptables: "esp", ip6tables: "esp" },
};

/** One rule of a security group as matches; empty when it is none of the family's. */
function matches(rule: Vector, inbound: boolean, family: Family): string[] {
  const protocol = PROTOCOLS[(rule.PROTOCOL ?? "").toUpperCase()]?.[family];
  if (protocol === undefined) return [];
  const base = protocol === "all" ? "" : ` -p ${protocol}`;
  let from = "";
  if (rule.IP) {
    if (ipaddr.IPv6.isValid(rule.IP) !== (family === "ip6tables")) return [];
    from = ` -m iprange --${inbound ? "src" : "dst"}-range ${range(rule)}`;
  }
  const type = family === "iptables" ? rule.ICMP_TYPE : rule.ICMPV6_TYPE;
  const icmp = type ? ` --${family === "iptables" ? "icmp" : "icmpv6"}-type ${type}` : "";
  const groups = rule.RANGE ? portGroups(rule.RANGE).map((ports) => ` -m multiport --dports ${ports}`) : [""];
  return groups.map((ports) => `${base}${from}${icmp}${ports}`);
}

/**
 * What a guest may send at all: its own MAC, its own addresses; then the groups decide, in the chain `checked`: gone to, so that what
 * they let through comes not back to the last rule here.
 */
function antiSpoofing(nic: Vector, family: Family, checked: string): string[] {
  const wanted = (name: string): boolean => nic[name]?.toUpperCase() === "YES";
  const mac = wanted("FILTER_MAC_SPOOFING") ? [`-m mac ! --mac-source ${nic.MAC ?? ""} -j DROP`] : [];
  if (!wanted("FILTER_IP_SPOOFING")) return [...mac, `-g ${checked}`];
  const names = family === "iptables" ? ["IP"] : ["IP6", "IP6_GLOBAL", "IP6_ULA", "IP6_LINK"];
  const own = names.flatMap((name) => (nic[name] ? [nic[name]] : []));
  // A guest that has no address yet asks for one.
  const sources = [...own, family === "iptables" ? "0.0.0.0" : "::"];
  return [...mac, ...sources.map((address) => `-s ${address} -g ${checked}`), "-j DROP"];
}

/** The chains of one NIC, for `iptables-restore --noflush`: they are replaced as a whole. */
export function nicChains(vm: NetworkVm, nic: Vector, family: Family): string {
  const name = device(vm, nic);
  const groups = (nic.SECURITY_GROUPS ?? "").split(",");
  const rules = vm.rules.filter(({ SECURITY_GROUP_ID = "" }) => groups.includes(SECURITY_GROUP_ID));
  const allowed = (type: string): string[] =>
    rules
      .filter(({ RULE_TYPE = "" }) => RULE_TYPE.toLowerCase() === type)
      .flatMap((rule) => matches(rule, type === "inbound", family))
      .map((match) => `${match} -j RETURN`);
  const [incoming, outgoing, checked] = [`${name}-i`, `${name}-o`, `${name}-c`];
  // Neighbours are found by ICMPv6: without it IPv6 stands still.
  const neighbours = family === "iptables" ? [] : [135, 136].map((type) => `-p icmpv6 --icmpv6-type ${type} -j RETURN`);
  const always = ["-m conntrack --ctstate ESTABLISHED,RELATED -j RETURN", ...neighbours];
  const chains: Record<string, string[]> = {
    [incoming]: [...always, ...allowed("inbound"), "-j DROP"],
    [outgoing]: antiSpoofing(nic, family, checked),
    [checked]: [...always, ...allowed("outbound"), "-j DROP"],
  };
  return [
    "*filter",
    ...Object.keys(chains).map((chain) => `:${chain} - [0:0]`),
    ...Object.entries(chains).flatMap(([chain, lines]) => lines.map((line) => `-A ${chain} ${line.trim()}`)),
    "COMMIT",
    "",
  ].join("\n");
}

async function ensureRule(host: Host, command: string[], rule: string[]): Promise<void> {
  const [family = "", chain = ""] = command;
  await host.root([family, "-w", "-C", chain, ...rule]).catch(() => host.root([family, "-w", "-A", chain, ...rule]));
}

/** Lets through what the NICs' security groups allow, and nothing else. */
export async function protect(host: Host, vm: NetworkVm): Promise<void> {
  for (const family of FAMILIES) {
    // Fails when the chain is there, which is what is wanted; anything else shows at the next command.
    await host.root([family, "-w", "-N", ROOT]).catch(() => undefined);
    await ensureRule(host, [family, "FORWARD"], ["-m", "physdev", "--physdev-is-bridged", "-j", ROOT]);
    for (const nic of vm.nics) {
      await host.root([`${family}-restore`, "-w", "--noflush"], nicChains(vm, nic, family));
      for (const jump of jumps(device(vm, nic))) await ensureRule(host, [family, ROOT], jump);
    }
  }
}

/** Takes the NICs' chains away. */
export async function unprotect(host: Host, vm: NetworkVm): Promise<void> {
  for (const family of FAMILIES) {
    for (const nic of vm.nics) {
      const name = device(vm, nic);
      const attempt = (...argv: string[]): Promise<void> => host.root([family, "-w", ...argv]).catch(() => undefined);
      for (const jump of jumps(name)) await attempt("-D", ROOT, ...jump);
      for (const flag of ["-F", "-X"]) for (const end of ["o", "i", "c"]) await attempt(flag, `${name}-${end}`);
    }
  }
}
