// SPDX-License-Identifier: Apache-2.0

import type { Entity, KindName } from "./entities";
import { ONEADMIN_GROUP } from "./entities";
import type { State } from "./state";

/** Access control as oned does it: permission bits of owner, group and others, then rules in 64-bit numbers. */
export type Operation = "USE" | "MANAGE" | "ADMIN" | "CREATE";

const RIGHTS: Record<Operation, bigint> = { USE: 1n, MANAGE: 2n, ADMIN: 4n, CREATE: 8n };
const INDIVIDUAL = 0x100000000n;
const GROUP = 0x200000000n;
const ALL = 0x400000000n;
const CLUSTER = 0x800000000n;
const ID_MASK = 0xffffffffn;
/** The zone of a server without a federation. */
const OWN_ZONE = 0n;

/** Resource types in the order of their bits, which is the order in which a rule's text lists them. */
const TYPES = [
  "VM",
  "HOST",
  "NET",
  "IMAGE",
  "USER",
  "TEMPLATE",
  "GROUP",
  "ACL",
  "DATASTORE",
  "CLUSTER",
  "DOCUMENT",
  "ZONE",
  "SECGROUP",
  "VDC",
  "VROUTER",
  "MARKETPLACE",
  "MARKETPLACEAPP",
  "VMGROUP",
  "VNTEMPLATE",
  "HOOK",
  "BACKUPJOB",
] as const;
export type AclType = (typeof TYPES)[number];
const TYPE_BITS = new Map<string, bigint>(TYPES.map((type, index) => [type, 0x1000000000n << BigInt(index)]));

/** The resource type of each kind in a rule. */
export const ACL_TYPES: Partial<Record<KindName, AclType>> = {
  user: "USER",
  group: "GROUP",
  host: "HOST",
  cluster: "CLUSTER",
  datastore: "DATASTORE",
  zone: "ZONE",
  vdc: "VDC",
  image: "IMAGE",
  vm: "VM",
  backupjob: "BACKUPJOB",
  template: "TEMPLATE",
  vntemplate: "VNTEMPLATE",
  document: "DOCUMENT",
  vn: "NET",
  secgroup: "SECGROUP",
  vrouter: "VROUTER",
  vmgroup: "VMGROUP",
  hook: "HOOK",
  market: "MARKETPLACE",
  marketapp: "MARKETPLACEAPP",
};

export const hex = (value: bigint): string => value.toString(16);

/** Reads a hexadecimal number with or without `0x`; what is none counts as 0, as in oned. */
export function parseHex(text: string): bigint {
  const digits = /^\s*(?:0x)?([0-9a-fA-F]+)/.exec(text)?.[1];
  return digits === undefined ? 0n : BigInt(`0x${digits}`) & 0xffffffffffffffffn;
}

/** Builds a rule's numbers from its usual notation, e.g. `@1 HOST/* MANAGE #0`. */
export function rule(text: string): { user: string; resource: string; rights: string; zone: string } {
  const [user = "", resource = "", rights = "", zone = "*"] = text.split(" ");
  const [types = "", target = ""] = resource.split("/");
  const typeBits = types.split("+").reduce((sum, type) => sum | (TYPE_BITS.get(type) ?? 0n), 0n);
  const rightBits = rights.split("+").reduce((sum, right) => sum | RIGHTS[right as Operation], 0n);
  return {
    user: hex(part(user)),
    resource: hex(typeBits | part(target)),
    rights: hex(rightBits),
    zone: hex(part(zone)),
  };
}

function part(text: string): bigint {
  if (text === "*") return ALL;
  const id = BigInt(text.slice(1));
  return (text.startsWith("#") ? INDIVIDUAL : text.startsWith("%") ? CLUSTER : GROUP) | id;
}

function partText(value: bigint): string {
  if (value & ALL) return "*";
  const id = value & ID_MASK;
  if (value & INDIVIDUAL) return `#${id}`;
  if (value & GROUP) return `@${id}`;
  if (value & CLUSTER) return `%${id}`;
  return "??";
}

/** A rule in words, as acl.info gives it. */
export function ruleText(data: Entity<"acl">["data"]): string {
  const resource = parseHex(data.resource);
  const rights = parseHex(data.rights);
  const types = TYPES.filter((type) => resource & (TYPE_BITS.get(type) ?? 0n)).join("+");
  const words = (Object.keys(RIGHTS) as Operation[]).filter((right) => rights & RIGHTS[right]).join("+");
  return `${partText(parseHex(data.user))} ${types}/${partText(resource)} ${words} ${partText(parseHex(data.zone))}`;
}

/** What is wrong with a rule, in oned's words; empty when nothing is. */
export function malformed(data: Entity<"acl">["data"]): string[] {
  const [user, resource, rights] = [parseHex(data.user), parseHex(data.resource), parseHex(data.rights)];
  const errors: string[] = [];
  if ((user & (INDIVIDUAL | GROUP | ALL)) === 0n) {
    errors.push("[user] is missing one of the INDIVIDUAL, GROUP or ALL bits");
  }
  if ((resource & (INDIVIDUAL | GROUP | CLUSTER | ALL)) === 0n) {
    errors.push("[resource] is missing one of the INDIVIDUAL, GROUP, CLUSTER or ALL bits");
  }
  if (resource >> 36n === 0n) errors.push("[resource] type is missing");
  if (rights === 0n) errors.push("wrong [rights], it cannot be 0");
  else if (rights > 15n) errors.push(`wrong [rights], it cannot be bigger than 0xF`);
  return errors;
}

/** Takes away the rules that are about one object, or about a group's objects, and nothing else. */
export function forget(state: State, kind: KindName, id: number): void {
  const type = TYPE_BITS.get(ACL_TYPES[kind] ?? "") ?? 0n;
  for (const { id: rule, data } of state.all("acl")) {
    const [who, what] = [parseHex(data.user), parseHex(data.resource)];
    const group =
      kind === "group" && (who === (GROUP | BigInt(id)) || (what & (GROUP | ID_MASK)) === (GROUP | BigInt(id)));
    const user = kind === "user" && who === (INDIVIDUAL | BigInt(id));
    if (group || user || what === (type | INDIVIDUAL | BigInt(id))) state.remove("acl", rule);
  }
}

/** Rules in the order in which oned keeps them: by user field, then by age. */
export function sortedRules(state: State): Entity<"acl">[] {
  return state.all("acl").sort((a, b) => {
    const [x, y] = [parseHex(a.data.user), parseHex(b.data.user)];
    return x < y ? -1 : x > y ? 1 : a.id - b.id;
  });
}

/** What a call touches: an object, or a type when something of it is to be created. */
export interface Target {
  type: AclType;
  id?: number;
  uid?: number;
  gid?: number;
  permissions?: number;
  clusters?: number[];
  /** Least right that a lock takes away from everyone: 1 use, 2 manage, 3 administrate. */
  lock?: number;
  /** Only rules that name the object, or its group, speak of it. */
  single?: boolean;
}

/** Whether a lock forbids that, whoever asks. */
export const lockedFor = (operation: Operation, target: Target): boolean =>
  target.lock !== undefined && target.lock <= Number(RIGHTS[operation]);

/** Whether the user may do that. Members of oneadmin may do everything. */
export function authorized(state: State, user: Entity<"user">, operation: Operation, target: Target): boolean {
  if (user.data.groups.includes(ONEADMIN_GROUP)) return true;
  if (target.permissions !== undefined && permitted(user, operation, target)) return true;
  // Everyone reads and edits the own account, and reads the own groups.
  if (target.type === "USER" && target.id === user.id && operation !== "ADMIN" && operation !== "CREATE") return true;
  if (target.type === "GROUP" && operation === "USE" && user.data.groups.includes(target.id ?? -1)) return true;
  return state.all("acl").some((entity) => applies(entity.data, user, operation, target));
}

function permitted(user: Entity<"user">, operation: Operation, target: Target): boolean {
  const bit = { USE: 4, MANAGE: 2, ADMIN: 1, CREATE: 0 }[operation];
  const bits = target.permissions ?? 0;
  if (target.uid === user.id && (bits >> 6) & bit) return true;
  if (user.data.groups.includes(target.gid ?? -1) && (bits >> 3) & bit) return true;
  return (bits & bit) !== 0;
}

function applies(data: Entity<"acl">["data"], user: Entity<"user">, operation: Operation, target: Target): boolean {
  const [who, what, rights] = [parseHex(data.user), parseHex(data.resource), parseHex(data.rights)];
  const zone = parseHex(data.zone);
  if ((zone & ALL) === 0n && zone !== (INDIVIDUAL | OWN_ZONE)) return false;
  const member =
    (who & ALL) !== 0n ||
    who === (INDIVIDUAL | BigInt(user.id)) ||
    user.data.groups.some((gid) => who === (GROUP | BigInt(gid)));
  if (!member || (rights & RIGHTS[operation]) === 0n) return false;
  if ((what & (TYPE_BITS.get(target.type) ?? 0n)) === 0n) return false;
  if (what & ALL) return target.single !== true;
  const id = Number(what & ID_MASK);
  if (what & INDIVIDUAL) return target.id === id;
  if (what & GROUP) return target.gid === id;
  return (what & CLUSTER) !== 0n && target.single !== true && (target.clusters ?? []).includes(id);
}
