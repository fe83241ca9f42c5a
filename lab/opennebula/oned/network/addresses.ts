// SPDX-License-Identifier: Apache-2.0

import { isIPv4, isIPv6 } from "node:net";

/** Address arithmetic of oned: 32-bit numbers that wrap around, and MACs of which only the low 32 bits count. */

const WORD = 0x100000000;

/** A MAC in two numbers: the 16-bit prefix and the 32 bits below it. */
export interface Mac {
  high: number;
  low: number;
}

export const word = (value: number): number => ((value % WORD) + WORD) % WORD;

/** Six parts of hexadecimal digits; undefined when there are not six. */
export function parseMac(text: string): Mac | undefined {
  const parts = text.split(":");
  if (parts.length !== 6) return undefined;
  const bytes = parts.map((part) => parseInt(part, 16) || 0);
  const joined = (from: number, to: number): number => bytes.slice(from, to).reduce((sum, b) => sum * 256 + b, 0);
  return { high: joined(0, 2), low: word(joined(2, 6)) };
}

export function formatMac({ high, low }: Mac): string {
  const digits = high.toString(16).padStart(4, "0") + low.toString(16).padStart(8, "0");
  return (digits.match(/../g) ?? []).join(":");
}

export const macPlus = (mac: Mac, index: number): Mac => ({ high: mac.high, low: word(mac.low + index) });

export function parseIp(text: string): number | undefined {
  return isIPv4(text) ? text.split(".").reduce((sum, part) => sum * 256 + Number(part), 0) : undefined;
}

export function formatIp(ip: number): string {
  return [24, 16, 8, 0].map((shift) => Math.floor(word(ip) / 2 ** shift) % 256).join(".");
}

/** An IPv6 address as four 32-bit words, the highest first. */
export type Ip6 = [number, number, number, number];

export function parseIp6(text: string): Ip6 | undefined {
  if (!isIPv6(text) || text.includes("%")) return undefined;
  const dotted = /^(.*:)(\d+\.\d+\.\d+\.\d+)$/.exec(text);
  const low = dotted === null ? undefined : (parseIp(dotted[2] ?? "") ?? 0);
  const plain =
    low === undefined ? text : `${dotted?.[1]}${Math.floor(low / 65536).toString(16)}:${(low % 65536).toString(16)}`;
  const [head = "", tail] = plain.split("::");
  const groups = (part: string): number[] => (part === "" ? [] : part.split(":").map((group) => parseInt(group, 16)));
  const [first, last] = [groups(head), groups(tail ?? "")];
  const all = [...first, ...Array<number>(tail === undefined ? 0 : 8 - first.length - last.length).fill(0), ...last];
  return [0, 2, 4, 6].map((i) => (all[i] ?? 0) * 65536 + (all[i + 1] ?? 0)) as Ip6;
}

/** As the C library writes it: the longest run of two or more zero groups is left out. */
export function formatIp6(ip: Ip6): string {
  const groups = ip.flatMap((part) => [Math.floor(part / 65536), part % 65536]);
  let best = { at: -1, length: 1 };
  for (let at = 0; at < 8; at++) {
    let length = 0;
    while (groups[at + length] === 0) length++;
    if (length > best.length) best = { at, length };
  }
  const text = (part: number[]): string => part.map((group) => group.toString(16)).join(":");
  if (best.at < 0) return text(groups);
  return `${text(groups.slice(0, best.at))}::${text(groups.slice(best.at + best.length))}`;
}

/** The first 64 bits of an IPv6 prefix; an empty text is no prefix, undefined a malformed one. */
export function parsePrefix6(text: string): [number, number] | undefined {
  if (text === "") return [0, 0];
  const ip = parseIp6(text);
  return ip === undefined ? undefined : [ip[0], ip[1]];
}

/** The address that a host makes for itself from a prefix and its MAC (modified EUI-64). */
export function slaac(prefix: [number, number], { high, low }: Mac): string {
  const upper = word((high ^ 0x0200) * 65536 + Math.floor(low / 0x1000000) * 256 + 0xff);
  const lower = word(0xfe000000 + (low % 0x1000000));
  return formatIp6([prefix[0], prefix[1], upper, lower]);
}

export const LINK_LOCAL: [number, number] = [0xfe800000, 0];
