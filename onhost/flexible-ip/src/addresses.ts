// SPDX-License-Identifier: Apache-2.0
import { BlockList, isIP } from "node:net";

/** Addresses that no provider routes to a guest; carrier-grade NAT (100.64/10) is one of them. */
const NEVER_PUBLIC: [string, number][] = [
  ["0.0.0.0", 8],
  ["10.0.0.0", 8],
  ["100.64.0.0", 10],
  ["127.0.0.0", 8],
  ["169.254.0.0", 16],
  ["172.16.0.0", 12],
  ["192.168.0.0", 16],
  ["224.0.0.0", 3],
  ["::", 127],
  ["fc00::", 7],
  ["fe80::", 10],
  ["ff00::", 8],
];

const neverPublic = new BlockList();
for (const [network, length] of NEVER_PUBLIC) neverPublic.addSubnet(network, length, familyOf(network));

/** An IPv4 address in IPv6 clothes is no guest's address. */
const MAPPED = /^::ffff:/i;

function familyOf(address: string): "ipv4" | "ipv6" {
  return isIP(address) === 6 ? "ipv6" : "ipv4";
}

/** True for an IPv4 or IPv6 address that can be routed on the internet. */
export function isPublic(address: string): boolean {
  return isIP(address) !== 0 && !MAPPED.test(address) && !neverPublic.check(address, familyOf(address));
}

/**
 * Whether an address belongs to a flexible IP as Scaleway writes it: `198.51.100.7`, `198.51.100.7/32`, `2001:db8:1::/64`. A
 * flexible IPv6 is a network of which a guest takes any address.
 */
export function belongsTo(address: string, flexibleIp: string): boolean {
  const [network = "", length] = flexibleIp.split("/");
  if (isIP(address) === 0 || isIP(network) !== isIP(address)) return false;
  const list = new BlockList();
  if (length === undefined) list.addAddress(network, familyOf(network));
  else list.addSubnet(network, Number(length), familyOf(network));
  return list.check(address, familyOf(address));
}
