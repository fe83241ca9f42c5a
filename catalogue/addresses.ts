// SPDX-License-Identifier: Apache-2.0
import ipaddr from "ipaddr.js";

/** An IPv4 network as numbers: addresses from `first` to `last`, both included. */
export interface Ipv4Network {
  first: number;
  last: number;
  prefixLength: number;
}

/** An IPv4 address as an unsigned 32-bit number, or undefined where the text is none (four decimal parts are required). */
export function ipv4Number(text: string): number | undefined {
  if (!ipaddr.IPv4.isValidFourPartDecimal(text)) return undefined;
  return ipaddr.IPv4.parse(text)
    .toByteArray()
    .reduce((sum, byte) => sum * 256 + byte, 0);
}

/** The text of an address given as a number. */
export function ipv4Text(value: number): string {
  return [24, 16, 8, 0].map((shift) => Math.floor(value / 2 ** shift) % 256).join(".");
}

/** A network in CIDR notation, or undefined where the text is none or has host bits set. */
export function ipv4Network(cidr: string): Ipv4Network | undefined {
  const [address, length, ...rest] = cidr.split("/");
  if (address === undefined || length === undefined || rest.length > 0 || !/^\d{1,2}$/.test(length)) return undefined;
  const first = ipv4Number(address);
  const prefixLength = Number(length);
  if (first === undefined || prefixLength > 32) return undefined;
  const size = 2 ** (32 - prefixLength);
  if (first % size !== 0) return undefined;
  return { first, last: first + size - 1, prefixLength };
}

/** True for an IPv4 or IPv6 network in CIDR notation without host bits. */
export function isCidr(cidr: string): boolean {
  if (ipv4Network(cidr) !== undefined) return true;
  if (!ipaddr.IPv6.isValidCIDR(cidr)) return false;
  const [address] = ipaddr.IPv6.parseCIDR(cidr);
  return ipaddr.IPv6.networkAddressFromCIDR(cidr).toString() === address.toString();
}

/** True for an IPv4 (four decimal parts) or IPv6 address. */
export function isIp(text: string): boolean {
  return ipaddr.IPv4.isValidFourPartDecimal(text) || ipaddr.IPv6.isValid(text);
}

/** Whether two networks share an address. */
export function overlaps(a: Ipv4Network, b: Ipv4Network): boolean {
  return a.first <= b.last && b.first <= a.last;
}

/**
 * The address that lies in `to` where `address` lies in `from`, so that a host has the same number in both networks.
 *
 * @throws Error when an argument is no address or network.
 */
export function sameOffset(address: string, from: string, to: string): string {
  const [value, source, target] = [ipv4Number(address), ipv4Network(from), ipv4Network(to)];
  if (value === undefined || !source || !target)
    throw new Error("sameOffset wants an IPv4 address and two IPv4 networks");
  return ipv4Text(Math.min(Math.max(0, target.first + value - source.first), 2 ** 32 - 1));
}

/**
 * Loopback address as which the collectors of logs know a host: its records are in a file of that name. One to one within a management
 * network, which is never larger than a /8.
 */
export function logSource(managementAddress: string): string {
  return ["127", ...managementAddress.split(".").slice(1)].join(".");
}
