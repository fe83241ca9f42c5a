// SPDX-License-Identifier: Apache-2.0

/** When two values of a property mean the same to oned, and how the cloud's value is told in the program's own words. */
import type { Properties, PropertyDefinition } from "../definition";
import { isMap } from "../check";
import { Secret, UNKNOWN, type PropertyMap, type PropertyValue } from "../grpc/provider";
import { containsUnknown, sameValue } from "../grpc/values";

/** The value without its own secret wrapper; those further down stay. */
export function open(value: PropertyValue | undefined): PropertyValue | undefined {
  return value instanceof Secret ? value.value : value;
}

/** A scalar as text; what is none as JSON. */
export function asText(value: PropertyValue | undefined): string {
  const plain = open(value);
  if (plain === undefined || plain === null) return "";
  return typeof plain === "object" || typeof plain === "symbol" ? JSON.stringify(plain) : String(plain);
}

/** A member of a map, or undefined if the value is no map or has none. Names of attributes are not case-sensitive. */
export function member(map: PropertyValue | undefined, name: string, caseless = false): PropertyValue | undefined {
  const plain = open(map);
  if (!isMap(plain)) return undefined;
  if (Object.hasOwn(plain, name)) return plain[name];
  if (!caseless) return undefined;
  const found = Object.keys(plain).find((key) => key.toUpperCase() === name.toUpperCase());
  return found === undefined ? undefined : plain[found];
}

/**
 * True if `actual` holds all that is `wanted`: what the cloud adds is no difference, nor are its sorting, its capitals and its way
 * to write numbers. An unknown equals nothing.
 */
export function same(
  definition: PropertyDefinition,
  wanted: PropertyValue | undefined,
  actual: PropertyValue | undefined,
): boolean {
  const a = open(wanted);
  const b = open(actual);
  // To oned an empty text and none are the same for what has a meaning of its own.
  if (a === undefined || b === undefined) return (a ?? "") === (b ?? "");
  if (a === UNKNOWN || b === UNKNOWN) return false;
  switch (definition.type) {
    case "object":
      return isMap(a) && isMap(b) && sameFields(definition, a, b);
    case "list":
      return Array.isArray(a) && Array.isArray(b) && sameMembers(definition, a, b);
    case "stringMap":
    case "template":
      return (
        isMap(a) && isMap(b) && Object.keys(a).every((name) => sameEntryOf(definition, a[name], member(b, name, true)))
      );
    case "integer":
    case "number":
      return Number(a) === Number(b);
    case "string":
      return canonical(definition, a) === canonical(definition, b);
    case "json":
      return sameJson(a, b);
    case "boolean":
      return a === b;
  }
}

function canonical({ canonical: form, caseless }: PropertyDefinition, value: PropertyValue): string {
  const text = asText(value);
  if (form !== undefined) return form(text);
  return caseless === true ? text.toLowerCase() : text;
}

/** Services add fields to the JSON that they keep, and write numbers as texts. */
function sameJson(wanted: PropertyValue | undefined, actual: PropertyValue | undefined): boolean {
  const a = open(wanted);
  const b = open(actual);
  if (Array.isArray(a))
    return Array.isArray(b) && a.length === b.length && a.every((one, index) => sameJson(one, b[index]));
  if (isMap(a)) return isMap(b) && Object.keys(a).every((name) => sameJson(a[name], b[name]));
  if (a === null || a === undefined || a === "") return b === null || b === undefined || b === "";
  return !containsUnknown(a) && !containsUnknown(b) && typeof b !== "object" && asText(a) === asText(b);
}

function sameFields(definition: PropertyDefinition, wanted: PropertyMap, actual: PropertyMap): boolean {
  return Object.entries(definition.fields ?? {}).every(([name, field]) => {
    const is = member(actual, name);
    if (wanted[name] === undefined) return true;
    return (is === undefined && definition.lenient === true) || same(field, wanted[name], is);
  });
}

function sameMembers(definition: PropertyDefinition, wanted: PropertyValue[], actual: PropertyValue[]): boolean {
  if (wanted.length !== actual.length && definition.partial !== true) return false;
  return pairs(definition, wanted, actual).every(([a, b]) => {
    return (a === undefined && definition.partial === true) || same(itemsOf(definition), a, b);
  });
}

function sameEntryOf(
  definition: PropertyDefinition,
  wanted: PropertyValue | undefined,
  actual: PropertyValue | undefined,
): boolean {
  const text = open(wanted);
  if (definition.substituted === true && typeof text === "string" && text.includes("$")) return actual !== undefined;
  return sameEntry(wanted, actual);
}

/** Free attributes: a text, a map of texts, or a list of either. Numbers and booleans are told apart from their text nowhere. */
function sameEntry(wanted: PropertyValue | undefined, actual: PropertyValue | undefined): boolean {
  const a = open(wanted);
  const b = open(actual);
  if (a === undefined || b === undefined || containsUnknown(a) || containsUnknown(b)) return false;
  if (Array.isArray(a)) {
    const list: PropertyValue[] = Array.isArray(b) ? b : [b];
    return a.length === list.length && a.every((one, index) => sameEntry(one, list[index]));
  }
  if (isMap(a)) return isMap(b) && Object.keys(a).every((name) => sameEntry(a[name], member(b, name, true)));
  return a !== null && typeof a !== "object" && asText(a) === asText(b);
}

/** The definition of a list's members. */
export function itemsOf(definition: PropertyDefinition): PropertyDefinition {
  const items = definition.items ?? { type: "string", description: "" };
  return definition.lenient === true ? { ...items, lenient: true } : items;
}

/**
 * Members of two lists that belong together: by key, by meaning where order means nothing, else by position. A member without a
 * partner comes with undefined.
 */
export function pairs(
  definition: PropertyDefinition,
  left: PropertyValue[],
  right: PropertyValue[],
): [PropertyValue | undefined, PropertyValue | undefined][] {
  const { key } = definition;
  if (key === undefined && definition.unordered !== true) {
    const length = Math.max(left.length, right.length);
    return Array.from({ length }, (_, index) => [left[index], right[index]]);
  }
  const rest = [...right];
  const items = itemsOf(definition);
  const belongs = (a: PropertyValue, b: PropertyValue): boolean =>
    key === undefined ? same(items, a, b) : sameValue(member(a, key), member(b, key));
  const found = left.map((a): [PropertyValue, PropertyValue | undefined] => {
    const index = rest.findIndex((b) => belongs(a, b));
    return [a, index < 0 ? undefined : rest.splice(index, 1)[0]];
  });
  return [...found, ...rest.map((b): [undefined, PropertyValue] => [undefined, b])];
}

/**
 * What oned has now, for the properties that the program names, in the program's spelling where it means the same. What is gone
 * from oned is left out.
 *
 * @param given - as the program wrote it; its secrets stay secret.
 * @param resolved - the same with references resolved to ids.
 */
export function refreshed(
  definition: PropertyDefinition,
  given: PropertyValue,
  resolved: PropertyValue | undefined,
  actual: PropertyValue | undefined,
): PropertyValue | undefined {
  if (given instanceof Secret) {
    const value = refreshed(definition, given.value, open(resolved), actual);
    return value === undefined ? undefined : new Secret(value);
  }
  if (definition.unreadable === true) return given;
  const wanted = open(resolved);
  const is = open(actual);
  if (is === undefined) return wanted === "" ? given : undefined;
  if (isMap(given) && isMap(is)) {
    if (definition.type === "object") return refreshedFields(definition, { given, wanted }, is);
    if (definition.type !== "json") return refreshedEntries(definition, given, is);
  }
  if (definition.type === "list" && Array.isArray(given) && Array.isArray(wanted) && Array.isArray(is)) {
    return refreshedMembers(definition, { given, wanted }, is);
  }
  return same(definition, wanted, is) ? given : is;
}

/** {@link refreshed} of all properties of an object or a resource that are given. */
function refreshedFields(
  definition: Pick<PropertyDefinition, "fields" | "lenient">,
  spelled: { given: PropertyMap; wanted: PropertyValue | undefined },
  actual: PropertyMap,
): PropertyMap {
  const result: PropertyMap = {};
  for (const [name, field] of Object.entries(definition.fields ?? {})) {
    const given = spelled.given[name];
    if (given === undefined) continue;
    const is = member(actual, name);
    const value =
      is === undefined && definition.lenient === true
        ? given
        : refreshed(field, given, member(spelled.wanted, name), is);
    if (value !== undefined) result[name] = value;
  }
  return result;
}

function refreshedMembers(
  definition: PropertyDefinition,
  spelled: { given: PropertyValue[]; wanted: PropertyValue[] },
  actual: PropertyValue[],
): PropertyValue[] {
  const items = itemsOf(definition);
  const values = pairs(definition, spelled.wanted, actual).map(([wanted, is]) => {
    if (wanted === undefined)
      return definition.partial === true ? undefined : is === undefined ? undefined : withoutFree(items, is);
    const given = spelled.given[spelled.wanted.indexOf(wanted)];
    return given === undefined || is === undefined ? undefined : refreshed(items, given, wanted, is);
  });
  return values.filter((value) => value !== undefined);
}

/** A value that the program does not name, without the attributes that have no property of their own. */
export function withoutFree(definition: PropertyDefinition, value: PropertyValue): PropertyValue {
  const { fields } = definition;
  if (definition.type === "json") return withoutEmpty(value);
  if (Array.isArray(value)) return value.map((one) => withoutFree(itemsOf(definition), one));
  if (fields === undefined || !isMap(value)) return value;
  const entries = Object.entries(value).flatMap(([name, one]): [string, PropertyValue][] => {
    const field = fields[name];
    const free = field?.type === "stringMap" && field.attribute === undefined;
    return field === undefined || free ? [] : [[name, withoutFree(field, one)]];
  });
  return Object.fromEntries(entries);
}

/** JSON without the empty members that services add, which are the same as none. */
function withoutEmpty(value: PropertyValue): PropertyValue {
  if (Array.isArray(value)) return value.map(withoutEmpty);
  if (!isMap(value)) return value;
  const entries = Object.entries(value).filter(([, one]) => one !== null && one !== "");
  return Object.fromEntries(entries.map(([name, one]) => [name, withoutEmpty(one)]));
}

function refreshedEntries(definition: PropertyDefinition, given: PropertyMap, actual: PropertyMap): PropertyMap {
  const entries = Object.entries(given).flatMap(([name, value]): [string, PropertyValue][] => {
    const is = member(actual, name, true);
    if (is === undefined) return [];
    if (sameEntryOf(definition, value, is)) return [[name, value]];
    return [[name, value instanceof Secret ? new Secret(is) : is]];
  });
  return Object.fromEntries(entries);
}

/** The inputs of a resource that the program names, as oned has them. */
export function refreshedInputs(
  properties: Properties,
  spelled: { given: PropertyMap; wanted: PropertyMap },
  actual: PropertyMap,
): PropertyMap {
  return refreshedFields({ fields: properties }, spelled, actual);
}

/** False if the program no longer names a free attribute or a member of a partial list: it has to go, although the rest is there. */
export function keepsEntries(
  definition: PropertyDefinition,
  wanted: PropertyValue,
  had: PropertyValue | undefined,
): boolean {
  const now = open(wanted);
  const before = open(had);
  if (definition.type === "list" && Array.isArray(now) && Array.isArray(before)) {
    return pairs(definition, now, before).every(([a, b]) => {
      if (a === undefined) return definition.partial !== true;
      return b === undefined || keepsEntries(itemsOf(definition), a, b);
    });
  }
  if (!isMap(now) || !isMap(before) || definition.type === "json") return true;
  const free = definition.type !== "object";
  return Object.keys(before).every((name) => {
    const is = member(now, name, free);
    const field = free ? undefined : definition.fields?.[name];
    if (is === undefined) return field?.default !== undefined || field?.sticky === true;
    return field === undefined || keepsEntries(field, is, before[name]);
  });
}

/** True if the program said before what it says now, whatever else it or oned said. */
export function retells(
  definition: PropertyDefinition,
  wanted: PropertyValue,
  had: PropertyValue | undefined,
): boolean {
  const now = open(wanted);
  const before = open(had);
  // What is dropped from JSON has to go; of a list of objects, oned alone may have said more.
  if (definition.type === "json") return sameJson(now, before) && sameJson(before, now);
  const anyOrder = definition.unordered === true || definition.key !== undefined;
  if (!anyOrder || !Array.isArray(now) || !Array.isArray(before)) return sameJson(now, before);
  return now.every((one) => before.some((other) => sameJson(one, other)));
}
