// SPDX-License-Identifier: Apache-2.0

/** Resources described by a table of their inputs: one check and one diff for all of the lab's small stand-ins. */
import {
  AssetValue,
  Secret,
  UNKNOWN,
  type CheckFailure,
  type DiffResult,
  type PropertyDifference,
  type PropertyMap,
  type PropertyValue,
} from "../../../provider/grpc/provider";
import { sameValue } from "../../../provider/grpc/values";

export type FieldType =
  "string" | "number" | "integer" | "boolean" | "list" | "string list" | "string map" | "asset" | "any";

/** One input property. */
export interface Field {
  type: FieldType | Fields;
  required?: boolean;
  /** Filled in by check where the program gives none. */
  default?: PropertyValue;
  /** Kept as a secret whatever the program marks. */
  secret?: boolean;
  /** A change makes a new resource. */
  replaces?: boolean;
  /** What is wrong with a value of the right type, or `undefined`. Not asked about unknown values. */
  rule?: (value: PropertyValue) => string | undefined;
}

export type Fields = { [name: string]: Field };

/** A rule: one of these texts. */
export const oneOf = (allowed: string[]) => (value: PropertyValue) =>
  typeof value === "string" && allowed.includes(value) ? undefined : `must be one of ${allowed.join(", ")}`;

/** A rule: this number or more. */
export const atLeast = (minimum: number) => (value: PropertyValue) =>
  typeof value === "number" && value >= minimum ? undefined : `must be at least ${minimum}`;

/** Checks types, requirements and rules, all at once, and fills in the defaults. Nested objects get `path.name`. */
export function checkFields(
  fields: Fields,
  news: PropertyMap,
  path = "",
): { inputs: PropertyMap; failures: CheckFailure[] } {
  const failures: CheckFailure[] = [];
  const inputs: PropertyMap = {};
  for (const name of Object.keys(news)) {
    if (!Object.hasOwn(fields, name))
      failures.push({ property: path + name, reason: `there is no property ${path}${name}` });
  }
  for (const [name, field] of Object.entries(fields)) {
    const property = path + name;
    const given = news[name] ?? field.default ?? null;
    if (given === null) {
      if (field.required) failures.push({ property, reason: `Missing required property '${property}'` });
      continue;
    }
    const secret = given instanceof Secret || field.secret === true;
    const checked = checkValue(field, given instanceof Secret ? given.value : given, property);
    failures.push(...checked.failures);
    inputs[name] = secret ? new Secret(checked.value) : checked.value;
  }
  return { inputs, failures };
}

function checkValue(
  field: Field,
  value: PropertyValue,
  property: string,
): { value: PropertyValue; failures: CheckFailure[] } {
  if (value === UNKNOWN) return { value, failures: [] };
  const plain = value instanceof Secret ? value.value : value;
  if (typeof field.type === "object") {
    if (!isMap(plain))
      return { value, failures: [{ property, reason: `'${property}' must be an object, got ${kindOf(plain)}` }] };
    const nested = checkFields(field.type, plain, `${property}.`);
    return { value: nested.inputs, failures: nested.failures };
  }
  if (!hasType(field.type, plain)) {
    return {
      value,
      failures: [
        { property, reason: `'${property}' must be ${article(field.type)} ${field.type}, got ${kindOf(plain)}` },
      ],
    };
  }
  const reason = field.rule?.(plain);
  return { value, failures: reason === undefined ? [] : [{ property, reason: `'${property}' ${reason}` }] };
}

/** A value that is secret or not known yet, inside a list or map, passes: its type shows when it is known. */
function hasType(type: FieldType, value: PropertyValue): boolean {
  const isString = (item: PropertyValue) => typeof item === "string" || item === UNKNOWN || item instanceof Secret;
  switch (type) {
    case "any":
      return true;
    case "integer":
      return Number.isInteger(value);
    case "list":
      return Array.isArray(value);
    case "string list":
      return Array.isArray(value) && value.every(isString);
    case "string map":
      return isMap(value) && Object.values(value).every(isString);
    case "asset":
      return value instanceof AssetValue;
    default:
      return typeof value === type;
  }
}

function article(word: string): string {
  return /^[aeiou]/.test(word) ? "an" : "a";
}

function kindOf(value: PropertyValue): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "a list";
  if (value instanceof AssetValue) return `an ${value.type}`;
  return typeof value === "object" ? "an object" : `a ${typeof value}`;
}

function isMap(value: PropertyValue): value is PropertyMap {
  const isObject = value !== null && typeof value === "object" && !Array.isArray(value);
  return isObject && !(value instanceof Secret) && !(value instanceof AssetValue);
}

/** Which inputs differ, down to the members of maps and lists; a field with `replaces` asks for a new resource. */
export function diffFields(fields: Fields, olds: PropertyMap, news: PropertyMap): DiffResult {
  const diffs: string[] = [];
  const replaces: string[] = [];
  const detailedDiff: Record<string, PropertyDifference> = {};
  for (const [name, field] of Object.entries(fields)) {
    if (sameValue(olds[name], news[name])) continue;
    diffs.push(name);
    if (field.replaces) replaces.push(name);
    for (const [path, kind] of differences(name, olds[name] ?? null, news[name] ?? null)) {
      detailedDiff[path] = { kind: field.replaces ? `${kind}-replace` : kind };
    }
  }
  return { changes: diffs.length > 0 ? "some" : "none", diffs, replaces, detailedDiff };
}

type Change = "add" | "delete" | "update";

function differences(path: string, old: PropertyValue, value: PropertyValue): [string, Change][] {
  if (sameValue(old, value)) return [];
  if (old === null) return [[path, "add"]];
  if (value === null) return [[path, "delete"]];
  if (Array.isArray(old) && Array.isArray(value)) {
    const length = Math.max(old.length, value.length);
    return Array.from({ length }, (_, index) => index).flatMap((index) =>
      differences(`${path}[${index}]`, old[index] ?? null, value[index] ?? null),
    );
  }
  if (isMap(old) && isMap(value)) {
    const keys = [...new Set([...Object.keys(old), ...Object.keys(value)])];
    return keys.flatMap((key) => differences(memberPath(path, key), old[key] ?? null, value[key] ?? null));
  }
  return [[path, "update"]];
}

function memberPath(path: string, key: string): string {
  return /^[A-Za-z_]\w*$/.test(key) ? `${path}.${key}` : `${path}[${JSON.stringify(key)}]`;
}
