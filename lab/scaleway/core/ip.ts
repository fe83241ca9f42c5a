// SPDX-License-Identifier: Apache-2.0
import { createHash } from "node:crypto";
import { IPv4, IPv6, isValidCIDR, parse, parseCIDR } from "ipaddr.js";

/** An IPv4 or IPv6 network in CIDR form, e.g. `172.16.4.0/22`. */
export interface Network {
  cidr: string;
  isIpv6: boolean;
  prefix: number;
}

/** Reads a network; undefined where the text is none or has host bits set. */
export function readNetwork(text: string): Network | undefined {
  if (!text.includes("/") || !isValidCIDR(text)) return undefined;
  const [address, prefix] = parseCIDR(text);
  const isIpv6 = address.kind() === "ipv6";
  const base = isIpv6 ? IPv6.networkAddressFromCIDR(text) : IPv4.networkAddressFromCIDR(text);
  if (base.toString() !== address.toString()) return undefined;
  return { cidr: text, isIpv6, prefix };
}

export function contains(cidr: string, address: string): boolean {
  const [network, prefix] = parseCIDR(cidr);
  const parsed = parse(address);
  if (network instanceof IPv4) return parsed instanceof IPv4 && parsed.match(network, prefix);
  return parsed instanceof IPv6 && parsed.match(network, prefix);
}

export function overlap(a: string, b: string): boolean {
  const [first, second] = [a.split("/")[0] ?? a, b.split("/")[0] ?? b];
  const sameFamily = first.includes(":") === second.includes(":");
  return sameFamily && (contains(a, second) || contains(b, first));
}

/** The n-th address of an IPv4 network (0 is the network's own), or undefined beyond its last usable one. */
export function nthIpv4(cidr: string, n: number): string | undefined {
  const [network, prefix] = parseCIDR(cidr);
  if (n > 2 ** (32 - prefix) - 2) return undefined;
  const value = network.toByteArray().reduce((sum, byte) => sum * 256 + byte, 0) + n;
  return [24, 16, 8, 0].map((shift) => Math.floor(value / 2 ** shift) % 256).join(".");
}

/** A stable host part in a /64, as an address from a MAC would have. */
export function ipv6In(cidr: string, seed: string): string {
  const [network] = parseCIDR(cidr);
  const bytes = network.toByteArray().slice(0, 8);
  const host = [...createHash("sha256").update(seed).digest().subarray(0, 8)];
  return new IPv6([...bytes, ...host]).toString();
}

/** A locally administered unicast MAC that depends on the seed only, lower case. */
export function macOf(seed: string): string {
  const tail = createHash("sha256").update(seed).digest("hex").slice(0, 10).match(/../g) ?? [];
  return ["02", ...tail].join(":");
}
