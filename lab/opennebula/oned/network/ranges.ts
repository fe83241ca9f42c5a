// SPDX-License-Identifier: Apache-2.0

import type { AddressRange, Holder } from "../entities";
import { Code, Failure } from "../failure";
import { renderVector } from "../template";
import { cdata } from "../xml";
import type { Ip6, Mac } from "./addresses";
import {
  formatIp,
  formatIp6,
  formatMac,
  LINK_LOCAL,
  macPlus,
  parseIp,
  parseIp6,
  parseMac,
  parsePrefix6,
  slaac,
  word,
} from "./addresses";

type Attributes = Record<string, string>;

/** What each type of range has: an IPv4 address, addresses from prefixes and MAC, an IPv6 address of its own. */
const TYPES: Record<string, { ip4: boolean; slaac: boolean; ip6: boolean }> = {
  ETHER: { ip4: false, slaac: false, ip6: false },
  IP4: { ip4: true, slaac: false, ip6: false },
  IP6: { ip4: false, slaac: true, ip6: false },
  IP6_STATIC: { ip4: false, slaac: false, ip6: true },
  IP4_6: { ip4: true, slaac: true, ip6: false },
  IP4_6_STATIC: { ip4: true, slaac: false, ip6: true },
};

const NONE = { ip4: false, slaac: false, ip6: false };
const NO_MAC: Mac = { high: 0, low: 0 };

/** Attributes that oned works out and never takes from a caller. */
const DERIVED = ["USED_LEASES", "LEASES", "PARENT_NETWORK_AR_ID", "PARENT_NETWORK", "ALLOCATED", "AR_ID"];
const ENDS = ["MAC_END", "IP_END", "IP6_END", "IP6_ULA", "IP6_ULA_END", "IP6_GLOBAL", "IP6_GLOBAL_END"];

const refuse = (message: string): Failure => new Failure(Code.INTERNAL, message);

const typeOf = (attributes: Attributes): { ip4: boolean; slaac: boolean; ip6: boolean } =>
  TYPES[(attributes.TYPE ?? "").toUpperCase()] ?? NONE;

const macOf = (range: AddressRange): Mac => parseMac(range.attributes.MAC ?? "") ?? NO_MAC;
const prefixOf = (range: AddressRange, name: "ULA_PREFIX" | "GLOBAL_PREFIX"): [number, number] =>
  parsePrefix6(range.attributes[name] ?? "") ?? [0, 0];
const isPrefix = ([high, low]: [number, number]): boolean => high !== 0 || low !== 0;

/** Addresses in the range; up to 2^64 - 1. */
export const sizeOf = (range: AddressRange): bigint => unsigned(range.attributes.SIZE) ?? 0n;
export const usedOf = (range: AddressRange): number => Object.keys(range.leases ?? {}).length;

/** An unsigned number as oned reads it; undefined when the text is none. */
function unsigned(text: string | undefined): bigint | undefined {
  return text !== undefined && /^\s*\+?\d+$/.test(text) && BigInt(text) < 1n << 64n ? BigInt(text) : undefined;
}

/** Of the attributes all but some. */
export const omit = (attributes: Attributes, names: string[]): Attributes =>
  Object.fromEntries(Object.entries(attributes).filter(([name]) => !names.includes(name)));

export interface Prefix {
  /** First two bytes of MACs that are made up, as in oned.conf. */
  macPrefix: string;
  /** A random number of 32 bits. */
  random: () => number;
}

/** A range from what a caller gave; throws what oned says about a bad one. */
export function newRange(given: Attributes, id: number, prefix: Prefix): AddressRange {
  const type = TYPES[(given.TYPE ?? "").toUpperCase()];
  if (type === undefined) throw refuse("Unknown or missing address range TYPE.");
  let attributes = omit(given, DERIVED);
  if (!type.ip4) attributes = omit(attributes, ["IP"]);
  const ip = type.ip4 ? parseIp(attributes.IP ?? "") : undefined;
  if (type.ip4 && ip === undefined) throw refuse("Wrong or empty IP attribute");
  if (type.slaac) checkPrefixes(attributes);
  else attributes = omit(attributes, ["GLOBAL_PREFIX", "ULA_PREFIX"]);
  if (type.ip6) attributes = withStaticIp6(attributes);
  else attributes = omit(attributes, ["IP6"]);
  attributes.MAC = firstMac(attributes.MAC, ip, prefix);
  if (unsigned(attributes.SIZE) === undefined) throw refuse("Wrong SIZE for address range");
  return { id, attributes: { ...attributes, AR_ID: String(id) } };
}

function checkPrefixes(attributes: Attributes): void {
  if (parsePrefix6(attributes.GLOBAL_PREFIX ?? "") === undefined) {
    throw refuse("Wrong format for IP6 global address prefix");
  }
  if (parsePrefix6(attributes.ULA_PREFIX ?? "") === undefined) {
    throw refuse("Wrong format for IP6 unique local address prefix");
  }
}

/** Without a size, a static range goes on to the end of its prefix, or of what 64 bits can count. */
function withStaticIp6(attributes: Attributes): Attributes {
  const ip = parseIp6(attributes.IP6 ?? "");
  if (ip === undefined) throw refuse("Wrong or empty IP6 attribute");
  if (!/^\s*[+-]?\d+$/.test(attributes.PREFIX_LENGTH ?? "")) throw refuse("Wrong or empty PREFIX_LENGTH");
  if ((attributes.SIZE ?? "") !== "") return attributes;
  const length = Number(attributes.PREFIX_LENGTH);
  const all = length <= 64 ? (1n << 64n) - 1n : 1n << BigInt(Math.max(0, 128 - length));
  const first = ((BigInt(ip[2]) << 32n) + BigInt(ip[3])) & (length <= 64 ? all : all - 1n);
  return { ...attributes, SIZE: String(all - first) };
}

function firstMac(given: string | undefined, ip: number | undefined, { macPrefix, random }: Prefix): string {
  if (given !== undefined && given !== "") {
    if (parseMac(given) === undefined) throw refuse("Wrong format for MAC attribute");
    return given;
  }
  const [first = 0, second = 1] = macPrefix.split(":").map((part) => parseInt(part, 16) || 0);
  return formatMac({ high: first * 256 + second, low: ip ?? random() });
}

/** Changes a range; type, first addresses and holders stay. Throws what oned says about a bad change. */
export function updateRange(range: AddressRange, given: Attributes): void {
  const old = range.attributes;
  const type = typeOf(old);
  const reservation = old.PARENT_NETWORK_AR_ID !== undefined;
  const attributes = omit(given, [...DERIVED, ...ENDS, "IP", "IP6"]);
  const kept = [
    "TYPE",
    "MAC",
    "IPAM_MAD",
    "PARENT_NETWORK_AR_ID",
    ...(type.ip4 ? ["IP"] : []),
    ...(type.ip6 ? ["IP6"] : []),
  ];
  for (const name of kept) if (old[name] !== undefined) attributes[name] = old[name];
  if (!type.ip6) delete attributes.PREFIX_LENGTH;
  else attributes.PREFIX_LENGTH ??= old.PREFIX_LENGTH ?? "";
  if (type.slaac) {
    checkPrefixes(attributes);
    attributes.GLOBAL_PREFIX ??= "";
    attributes.ULA_PREFIX ??= "";
  } else for (const name of ["GLOBAL_PREFIX", "ULA_PREFIX"]) delete attributes[name];
  const size = (attributes.SIZE ?? "") === "" ? sizeOf(range) : unsigned(attributes.SIZE);
  if (size === undefined) throw refuse("Unable to read the SIZE attribute, it must be number >= 0");
  if (reservation && size !== sizeOf(range)) throw refuse("The SIZE of a reservation cannot be changed.");
  if (Object.keys(range.leases ?? {}).some((index) => BigInt(index) >= size)) {
    throw refuse("New SIZE cannot be applied. There are used leases that would fall outside the range.");
  }
  range.attributes = { ...attributes, SIZE: String(size), AR_ID: String(range.id) };
  range.leases ??= {};
}

/** The address at a place of the range, as a lease and a NIC have it. */
export function addressAt(range: AddressRange, index: number): Attributes {
  const { attributes } = range;
  const type = typeOf(attributes);
  const mac = macPlus(macOf(range), index);
  const address: Attributes = { MAC: formatMac(mac), ...portRanges(attributes, index) };
  if (type.ip4) address.IP = formatIp((parseIp(attributes.IP ?? "") ?? 0) + index);
  if (type.slaac) {
    address.IP6_LINK = slaac(LINK_LOCAL, mac);
    for (const name of ["ULA", "GLOBAL"] as const) {
      const prefix = prefixOf(range, `${name}_PREFIX`);
      if (isPrefix(prefix)) address[`IP6_${name}`] = slaac(prefix, mac);
    }
  }
  if (type.ip6) address.IP6 = formatIp6(ip6Plus(range, BigInt(index), false));
  return address;
}

function portRanges(attributes: Attributes, index: number): Attributes {
  const [start, size] = [Number(attributes.PORT_START ?? "0"), Number(attributes.PORT_SIZE ?? "0")];
  if (!start || !size) return {};
  const first = start + index * size + 1;
  return {
    EXTERNAL_PORT_RANGE: `${first}:${first + size - 1}`,
    INTERNAL_PORT_RANGE: `1-${size}/${first}`,
  };
}

/** Only the lowest word is counted up; the end of a range takes the next one along. */
function ip6Plus(range: AddressRange, index: bigint, wide: boolean): Ip6 {
  const ip = parseIp6(range.attributes.IP6 ?? "") ?? [0, 0, 0, 0];
  const upper = wide ? word(ip[2] + Number((index >> 32n) & 0xffffffffn)) : ip[2];
  return [ip[0], ip[1], upper, word(ip[3] + Number(index & 0xffffffffn))];
}

/** What an address is given by. */
export interface Wanted {
  ip?: string;
  ip6?: string;
  mac?: string;
}

/** The place of an address in the range; undefined when it is not part of it. */
export function indexOf(range: AddressRange, wanted: Wanted): number | undefined {
  const index = placeOf(range, wanted);
  return index === undefined || index < 0 || BigInt(index) >= sizeOf(range) ? undefined : index;
}

function placeOf(range: AddressRange, { ip, ip6, mac }: Wanted): number | undefined {
  const type = typeOf(range.attributes);
  if (ip !== undefined) {
    const [asked, first] = [parseIp(ip), parseIp(range.attributes.IP ?? "")];
    return type.ip4 && asked !== undefined && first !== undefined ? asked - first : undefined;
  }
  if (ip6 !== undefined) {
    const [asked, first] = [parseIp6(ip6), parseIp6(range.attributes.IP6 ?? "")];
    if (!type.ip6 || asked === undefined || first === undefined) return undefined;
    return [0, 1, 2].every((i) => asked[i] === first[i]) ? asked[3] - first[3] : undefined;
  }
  const asked = parseMac(mac ?? "");
  const first = macOf(range);
  return asked !== undefined && asked.high === first.high ? asked.low - first.low : undefined;
}

export const isFree = (range: AddressRange, index: number): boolean => range.leases?.[index] === undefined;

/** The lowest place from which `count` addresses are free; undefined when there is none. */
export function freeRun(range: AddressRange, count: number): number | undefined {
  const taken = Object.keys(range.leases ?? {})
    .map(Number)
    .sort((a, b) => a - b);
  let start = 0;
  for (const index of taken) {
    if (index - start >= count) break;
    start = index + 1;
  }
  return BigInt(start) + BigInt(count) <= sizeOf(range) ? start : undefined;
}

export function take(range: AddressRange, index: number, holder: Holder): void {
  (range.leases ??= {})[index] = holder;
}

/** Gives addresses back that a holder has; answers how many. */
export function giveBack(range: AddressRange, holder: Holder, indices: number[]): number {
  const own = indices.filter((index) => {
    const held = range.leases?.[index];
    return held?.kind === holder.kind && held.id === holder.id;
  });
  if (range.leases !== undefined) range.leases = omitIndices(range.leases, own);
  return own.length;
}

const omitIndices = (leases: Record<string, Holder>, indices: number[]): Record<string, Holder> =>
  Object.fromEntries(Object.entries(leases).filter(([index]) => !indices.includes(Number(index))));

/** All places that a holder has. */
export const heldBy = (range: AddressRange, holder: Holder): number[] =>
  Object.entries(range.leases ?? {}).flatMap(([index, { kind, id }]) =>
    kind === holder.kind && id === holder.id ? [Number(index)] : [],
  );

/** Numbers of the kinds of holders in a stored range, above the 32 bits of the id. */
const HOLDER_BITS = { vm: 0x1000000000n, vn: 0x4000000000n, vrouter: 0x4000000000000n };
const LEASE_NAMES = { vm: "VM", vn: "VNET", vrouter: "VROUTER" };

/** As it is stored, which pools show: holders as numbers after their places. */
export function renderStored(range: AddressRange): string {
  const { leases } = range;
  const allocated = leases && {
    ALLOCATED: Object.entries(leases)
      .map(([index, { kind, id }]) => ` ${index} ${HOLDER_BITS[kind] | (BigInt(id) & 0xffffffffn)}`)
      .join(""),
  };
  return `<AR>${renderVector({ ...range.attributes, ...allocated })}</AR>`;
}

/** As a single network shows it: with its last addresses, and its leases as far as `visible` says so. */
export function renderFull(range: AddressRange, visible: (holder: Holder) => boolean): string {
  const leases = Object.entries(range.leases ?? {}).filter(([, holder]) => visible(holder));
  const list = leases.map(([index, { kind, id }]) => {
    // A link-local address is part of a lease where the range makes addresses from MACs.
    return `<LEASE>${renderVector({ ...addressAt(range, Number(index)), [LEASE_NAMES[kind]]: String(id) })}</LEASE>`;
  });
  const shown = usedOf(range) === 0 ? "<LEASES/>" : `<LEASES>${list.join("")}</LEASES>`;
  return `<AR>${renderVector(range.attributes)}${ends(range)}<USED_LEASES>${usedOf(range)}</USED_LEASES>${shown}</AR>`;
}

function ends(range: AddressRange): string {
  const { attributes } = range;
  const type = typeOf(attributes);
  const last = sizeOf(range) - 1n;
  const low = Number(BigInt.asUintN(32, last));
  const [first, end] = [macOf(range), macPlus(macOf(range), low)];
  const found: [string, string][] = [["MAC_END", formatMac(end)]];
  if (type.ip4) found.push(["IP_END", formatIp((parseIp(attributes.IP ?? "") ?? 0) + low)]);
  if (type.slaac) found.push(...slaacEnds(range, first, end));
  if (type.ip6) found.push(["IP6_END", formatIp6(ip6Plus(range, last, true))]);
  return found.map(([name, text]) => `<${name}>${cdata(text)}</${name}>`).join("");
}

function slaacEnds(range: AddressRange, first: Mac, end: Mac): [string, string][] {
  return (["ULA", "GLOBAL"] as const).flatMap((name): [string, string][] => {
    const prefix = prefixOf(range, `${name}_PREFIX`);
    if (!isPrefix(prefix)) return [];
    return [
      [`IP6_${name}`, slaac(prefix, first)],
      [`IP6_${name}_END`, slaac(prefix, end)],
    ];
  });
}

/** The range as the target of a security group's rule. */
export function ruleTarget(range: AddressRange): Attributes {
  const shown = ["AR_ID", "TYPE", "SIZE", "MAC", "IP", "IP6"].filter((name) => (range.attributes[name] ?? "") !== "");
  const target = Object.fromEntries(shown.map((name) => [name, range.attributes[name] ?? ""]));
  for (const [name, text] of slaacEnds(range, macOf(range), macOf(range))) {
    if (!name.endsWith("_END")) target[name] = text;
  }
  return target;
}
