// SPDX-License-Identifier: Apache-2.0
import { AssetValue, Secret, UNKNOWN } from "../../../../provider/grpc/provider";
import type { PropertyMap, PropertyValue } from "../../../../provider/grpc/provider";

/** Names that the bridge of the real provider adds beside the properties. */
export const DEFAULTS_KEY = "__defaults";
const BOOKKEEPING = new Set([DEFAULTS_KEY, "__meta", "__pulumi_raw_state_delta", "id"]);

export function isObject(value: PropertyValue | undefined): value is PropertyMap {
  return (
    typeof value === "object" &&
    value !== null &&
    !Array.isArray(value) &&
    !(value instanceof Secret) &&
    !(value instanceof AssetValue)
  );
}

/** The value without secret wrappers and without the bridge's own entries; a missing value is null. */
export function plain(value: PropertyValue | undefined): PropertyValue {
  if (value === undefined) return null;
  if (value instanceof Secret) return plain(value.value);
  if (Array.isArray(value)) return value.map(plain);
  if (isObject(value)) {
    return Object.fromEntries(
      Object.entries(value)
        .filter(([name]) => name !== DEFAULTS_KEY)
        .map(([name, entry]) => [name, plain(entry)]),
    );
  }
  return value;
}

/** Properties only: no `id`, no bookkeeping. */
export function plainProperties(map: PropertyMap): PropertyMap {
  return Object.fromEntries(
    Object.entries(map)
      .filter(([name]) => !BOOKKEEPING.has(name))
      .map(([name, entry]) => [name, plain(entry)]),
  );
}

export function hasUnknown(value: PropertyValue | undefined): boolean {
  if (value === UNKNOWN) return true;
  if (Array.isArray(value)) return value.some(hasUnknown);
  return isObject(value) && Object.values(value).some(hasUnknown);
}

export function isEmptyCollection(value: PropertyValue | undefined): boolean {
  return value === null || value === undefined || (Array.isArray(value) && value.length === 0);
}

export function equal(a: PropertyValue, b: PropertyValue): boolean {
  if (Array.isArray(a) && Array.isArray(b)) {
    return a.length === b.length && a.every((entry, index) => equal(entry, b[index] ?? null));
  }
  if (isObject(a) && isObject(b)) {
    const names = new Set([...Object.keys(a), ...Object.keys(b)]);
    return [...names].every((name) => equal(a[name] ?? null, b[name] ?? null));
  }
  return a === b;
}

/** Replaces what is not known by null: what an applied plan holds for values that the cloud has not given yet. */
export function knownOrNull(value: PropertyValue): PropertyValue {
  if (value === UNKNOWN) return null;
  if (Array.isArray(value)) return value.map(knownOrNull);
  if (isObject(value))
    return Object.fromEntries(Object.entries(value).map(([name, entry]) => [name, knownOrNull(entry)]));
  return value;
}

/** A property, null where there is none. */
export function at(map: PropertyMap | undefined, name: string): PropertyValue {
  const value: PropertyValue | undefined = map?.[name];
  return value === undefined ? null : value;
}

export function text(value: PropertyValue | undefined): string {
  return typeof value === "string" ? value : "";
}

export function texts(value: PropertyValue | undefined): string[] {
  return Array.isArray(value) ? value.filter((entry): entry is string => typeof entry === "string") : [];
}

export function objects(value: PropertyValue | undefined): PropertyMap[] {
  return Array.isArray(value) ? value.filter(isObject) : [];
}

export function flag(value: PropertyValue | undefined): boolean {
  return value === true;
}
