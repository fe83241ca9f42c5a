// SPDX-License-Identifier: Apache-2.0

/** Access rules as people write them, `@100 VM+NET/* CREATE *`, and as oned's calls take them: numbers in hexadecimal. */

/** A rule's numbers, as `one.acl.addrule` takes them. */
export interface AclNumbers {
  user: string;
  resource: string;
  rights: string;
  zone: string;
}

/** Resource types in the order of their bits. */
const TYPES = [
  ...["VM", "HOST", "NET", "IMAGE", "USER", "TEMPLATE", "GROUP", "ACL", "DATASTORE", "CLUSTER", "DOCUMENT", "ZONE"],
  ...["SECGROUP", "VDC", "VROUTER", "MARKETPLACE", "MARKETPLACEAPP", "VMGROUP", "VNTEMPLATE", "HOOK", "BACKUPJOB"],
];
const RIGHTS = ["USE", "MANAGE", "ADMIN", "CREATE"];
const FIRST_TYPE = 36n;

/** Bits that tell what the number below them means. */
const SCOPES = { "#": 1n << 32n, "@": 1n << 33n, "*": 1n << 34n, "%": 1n << 35n };

const RULE = /^(\*|[#@]\d+)\s+([A-Z+]+)\/(\*|[#@%]\d+)\s+([A-Z+]+)(?:\s+(\*|#\d+))?$/;

/** What is wrong with a rule; undefined if nothing is. */
export function ruleMistake(text: string): string | undefined {
  const match = RULE.exec(text.trim());
  if (match === null) return 'must be "<who> <resources>/<which> <rights> [<zone>]" such as "@100 VM+NET/* CREATE *"';
  const unknown = [
    ...(match[2] ?? "").split("+").filter((type) => !TYPES.includes(type)),
    ...(match[4] ?? "").split("+").filter((right) => !RIGHTS.includes(right)),
  ];
  if (unknown.length === 0) return undefined;
  return `has words that oned does not know; resources are ${TYPES.join(", ")}, rights ${RIGHTS.join(", ")}`;
}

/**
 * The numbers of a rule.
 *
 * @throws Error for a malformed rule.
 */
export function ruleNumbers(text: string): AclNumbers {
  const mistake = ruleMistake(text);
  const [, user = "", types = "", which = "", rights = "", zone = "*"] = RULE.exec(text.trim()) ?? [];
  if (mistake !== undefined) throw new Error(`rule: ${mistake}`);
  const typeBits = types.split("+").reduce((sum, type) => sum | (1n << (FIRST_TYPE + BigInt(TYPES.indexOf(type)))), 0n);
  const rightBits = rights.split("+").reduce((sum, right) => sum | (1n << BigInt(RIGHTS.indexOf(right))), 0n);
  const hex = (value: bigint): string => value.toString(16);
  return {
    user: hex(scope(user)),
    resource: hex(typeBits | scope(which)),
    rights: hex(rightBits),
    zone: hex(scope(zone)),
  };
}

/** The one spelling of a rule, for comparisons; a malformed one stays as it is. */
export function canonicalRule(text: string): string {
  if (ruleMistake(text) !== undefined) return text.trim();
  const { user, resource, rights, zone } = ruleNumbers(text);
  return [user, resource, rights, zone].join(" ");
}

/** Words of a rule from its numbers, as oned shows them. */
export function ruleText({ user, resource, rights, zone }: AclNumbers): string {
  const number = (hex: string): bigint => BigInt(`0x${hex === "" ? "0" : hex}`);
  const types = TYPES.filter((_, bit) => (number(resource) >> (FIRST_TYPE + BigInt(bit))) & 1n).join("+");
  const words = RIGHTS.filter((_, bit) => (number(rights) >> BigInt(bit)) & 1n).join("+");
  return `${scopeText(number(user))} ${types}/${scopeText(number(resource))} ${words} ${scopeText(number(zone))}`;
}

function scope(text: string): bigint {
  const bit = SCOPES[text.charAt(0) as keyof typeof SCOPES];
  return text === "*" ? bit : bit | BigInt(text.slice(1));
}

function scopeText(value: bigint): string {
  if (value & SCOPES["*"]) return "*";
  const sign = (["#", "@", "%"] as const).find((one) => value & SCOPES[one]) ?? "?";
  return `${sign}${value & 0xffffffffn}`;
}
