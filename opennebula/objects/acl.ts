// SPDX-License-Identifier: Apache-2.0
import { InvalidValueError } from "../errors";
import type { XmlElement } from "../xml";

/** Whom or what a part of a rule means: one id, all in a group, all in a cluster, or all. Written `#5`, `@100`, `%101`, `*`. */
export type AclScope = "*" | `#${number}` | `@${number}` | `%${number}`;

/** Kinds of objects that a rule may be about, with their bits. */
export const ACL_RESOURCES = {
  VM: 0x1000000000n,
  HOST: 0x2000000000n,
  NET: 0x4000000000n,
  IMAGE: 0x8000000000n,
  USER: 0x10000000000n,
  TEMPLATE: 0x20000000000n,
  GROUP: 0x40000000000n,
  ACL: 0x80000000000n,
  DATASTORE: 0x100000000000n,
  CLUSTER: 0x200000000000n,
  DOCUMENT: 0x400000000000n,
  ZONE: 0x800000000000n,
  SECGROUP: 0x1000000000000n,
  VDC: 0x2000000000000n,
  VROUTER: 0x4000000000000n,
  MARKETPLACE: 0x8000000000000n,
  MARKETPLACEAPP: 0x10000000000000n,
  VMGROUP: 0x20000000000000n,
  VNTEMPLATE: 0x40000000000000n,
  HOOK: 0x80000000000000n,
  BACKUPJOB: 0x100000000000000n,
} as const;

export const ACL_RIGHTS = { USE: 1n, MANAGE: 2n, ADMIN: 4n, CREATE: 8n } as const;

export type AclResource = keyof typeof ACL_RESOURCES;
export type AclRight = keyof typeof ACL_RIGHTS;

/**
 * What a rule says; {@link formatAclRule} writes it as `oneacl` does.
 *
 * @example
 * // "@100 HOST+NET/* USE+MANAGE #0"
 * { user: "@100", resources: ["HOST", "NET"], scope: "*", rights: ["USE", "MANAGE"], zone: "#0" }
 */
export interface AclRule {
  user: AclScope;
  resources: AclResource[];
  /** Which of the resources. */
  scope: AclScope;
  rights: AclRight[];
  /** @default "*", all zones */
  zone?: AclScope;
}

/** A rule as oned keeps it. */
export interface Acl {
  id: number;
  rule: Required<AclRule>;
  /** The numbers as oned gives them: hexadecimal without `0x`. A newer oned may know bits that {@link rule} cannot say. */
  hex: AclHex;
}

/** The four numbers of a rule, hexadecimal without `0x`. */
export interface AclHex {
  user: string;
  resource: string;
  rights: string;
  zone: string;
}

/** Bits that say how to read the low 32, which hold the id. */
const SCOPES = { "#": 0x100000000n, "@": 0x200000000n, "*": 0x400000000n, "%": 0x800000000n } as const;
const ID_MASK = 0xffffffffn;

/** @throws InvalidValueError naming the part of the rule. */
export function aclRuleToHex(rule: AclRule, field = "rule"): AclHex {
  const user = scopeBits(rule.user, `${field}.user`, "#@*");
  const resource =
    setBits(rule.resources, ACL_RESOURCES, `${field}.resources`) | scopeBits(rule.scope, `${field}.scope`, "#@*%");
  const rights = setBits(rule.rights, ACL_RIGHTS, `${field}.rights`);
  const zone = scopeBits(rule.zone ?? "*", `${field}.zone`, "#*");
  return {
    user: user.toString(16),
    resource: resource.toString(16),
    rights: rights.toString(16),
    zone: zone.toString(16),
  };
}

/** Bits that this client does not know are left out. @throws InvalidValueError for text that is not hexadecimal. */
export function aclRuleFromHex(hex: AclHex, field = "rule"): Required<AclRule> {
  const resource = bitsOf(hex.resource, `${field}.resource`);
  return {
    user: scopeOf(bitsOf(hex.user, `${field}.user`), `${field}.user`),
    resources: setOf(resource, ACL_RESOURCES),
    scope: scopeOf(resource, `${field}.resource`),
    rights: setOf(bitsOf(hex.rights, `${field}.rights`), ACL_RIGHTS),
    zone: scopeOf(bitsOf(hex.zone, `${field}.zone`), `${field}.zone`),
  };
}

/** As `oneacl` writes it, e.g. `@1 VM+IMAGE/* USE+CREATE #0`. */
export function formatAclRule({ user, resources, scope, rights, zone = "*" }: AclRule): string {
  return `${user} ${resources.join("+")}/${scope} ${rights.join("+")} ${zone}`;
}

/**
 * Reads what {@link formatAclRule} writes; the zone may be left out. Order and repetition of names do not matter.
 *
 * @throws InvalidValueError naming the part that is wrong.
 */
export function parseAclRule(text: string, field = "rule"): Required<AclRule> {
  const match = /^\s*(\S+)\s+([^\s/]+)\/(\S+)\s+(\S+)(?:\s+(\S+))?\s*$/.exec(text);
  if (match === null) {
    throw new InvalidValueError(
      field,
      'is not a rule such as "@100 HOST+NET/* USE #0": user, resources/which, rights, zone',
    );
  }
  const [, user, resources = "", scope, rights = "", zone = "*"] = match;
  const rule = { user, resources: resources.split("+"), scope, rights: rights.split("+"), zone } as Required<AclRule>;
  return aclRuleFromHex(aclRuleToHex(rule, field), field);
}

export function aclFromXml(element: XmlElement): Acl {
  const hex = {
    user: element.value("USER"),
    resource: element.value("RESOURCE"),
    rights: element.value("RIGHTS"),
    zone: element.value("ZONE"),
  };
  return { id: element.int("ID", -1), rule: aclRuleFromHex(hex), hex };
}

function scopeBits(scope: string, field: string, allowed: string): bigint {
  const match = /^(?:(\*)|([#@%])(\d+))$/.exec(scope);
  const sign = (match?.[1] ?? match?.[2]) as keyof typeof SCOPES | undefined;
  const id = BigInt(match?.[3] ?? 0);
  if (sign === undefined || !allowed.includes(sign) || id > 0x7fffffffn) {
    const forms = [...allowed].map((one) => (one === "*" ? one : `${one}5`)).join(", ");
    throw new InvalidValueError(field, `is none of the forms ${forms}`);
  }
  return SCOPES[sign] | id;
}

function scopeOf(bits: bigint, field: string): AclScope {
  if (bits & SCOPES["*"]) return "*";
  const sign = (["#", "@", "%"] as const).find((one) => bits & SCOPES[one]);
  if (sign === undefined) throw new InvalidValueError(field, "says neither one, nor a group, nor a cluster, nor all");
  return `${sign}${Number(bits & ID_MASK)}`;
}

function setBits(names: readonly string[], table: Record<string, bigint>, field: string): bigint {
  const unknown = names.find((name) => !Object.hasOwn(table, name));
  if (unknown !== undefined || names.length === 0) {
    throw new InvalidValueError(field, `must be one or more of ${Object.keys(table).join(", ")}`);
  }
  return names.reduce((bits, name) => bits | (table[name] ?? 0n), 0n);
}

function setOf<Name extends string>(bits: bigint, table: Record<Name, bigint>): Name[] {
  return (Object.keys(table) as Name[]).filter((name) => bits & table[name]);
}

function bitsOf(hex: string, field: string): bigint {
  if (!/^[0-9a-fA-F]{1,16}$/.test(hex)) throw new InvalidValueError(field, "is not a hexadecimal number");
  return BigInt(`0x${hex}`);
}
