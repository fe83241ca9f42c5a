// SPDX-License-Identifier: Apache-2.0
import { Secret, UNKNOWN } from "../../../../provider/grpc/provider";
import type { PropertyMap, PropertyValue } from "../../../../provider/grpc/provider";
import { isCollection, isInput } from "./schema";
import type { Property, Schema } from "./schema";
import { DEFAULTS_KEY, hasUnknown, isEmptyCollection, isObject } from "./values";

/** After a call the planned value decides between "not given" and "empty"; after a read nothing was planned. */
export type Moment = "apply" | "read";

/**
 * Merges what the API answered with what was planned (or stored): differences between null and empty that mean nothing are
 * settled in favour of the plan, so that an unset list stays unset although the API answers `[]`.
 */
export function settle(schema: Schema, answered: PropertyMap, expected: PropertyMap, moment: Moment): PropertyMap {
  const settled: PropertyMap = {};
  for (const [name, property] of Object.entries(schema)) {
    settled[name] = settleValue(property, answered[name], expected[name] ?? null, moment);
  }
  return settled;
}

function settleValue(
  property: Property,
  answered: PropertyValue | undefined,
  expected: PropertyValue,
  moment: Moment,
): PropertyValue {
  // The API says nothing about this property (a password, a flag of the provider itself): what was wanted stays.
  if (answered === undefined) return expected === UNKNOWN ? null : expected;
  if (expected === UNKNOWN || hasUnknown(expected)) return settleElements(property, answered, expected, moment);
  if (isCollection(property) && moment === "apply" && isEmptyCollection(answered) && isEmptyCollection(expected)) {
    return expected;
  }
  if (answered === null && expected === "") return expected;
  // A set that was planned down to the last value is what was applied, whatever order the API answers.
  const isSet = property.kind === "set" || property.kind === "blockSet";
  if (isSet && moment === "apply" && Array.isArray(expected)) return expected;
  return settleElements(property, answered, expected, moment);
}

function settleElements(
  property: Property,
  answered: PropertyValue,
  expected: PropertyValue,
  moment: Moment,
): PropertyValue {
  const fields = property.fields;
  if (fields === undefined) return answered;
  if (property.kind === "object") {
    return isObject(answered) ? settle(fields, answered, isObject(expected) ? expected : {}, moment) : answered;
  }
  if (!Array.isArray(answered)) return answered;
  return answered.map((entry, index) => {
    const other = Array.isArray(expected) ? expected[index] : undefined;
    return isObject(entry) ? settle(fields, entry, isObject(other) ? other : {}, moment) : entry;
  });
}

/** Marks what the schema calls secret. */
export function withSecrets(schema: Schema, properties: PropertyMap): PropertyMap {
  return Object.fromEntries(
    Object.entries(properties).map(([name, value]) => [name, schema[name]?.secret ? new Secret(value) : value]),
  );
}

/** The inputs that a refreshed object corresponds to: the same names as before with the object's values. */
export function refreshedInputs(schema: Schema, before: PropertyMap, properties: PropertyMap): PropertyMap {
  const inputs: PropertyMap = {};
  const filled = Object.keys(schema).filter((name) => schema[name]?.fillsDefault && isFilled(before, name));
  if (filled.length > 0) inputs[DEFAULTS_KEY] = filled;
  for (const [name, old] of Object.entries(before)) {
    const property = schema[name];
    const value = properties[name];
    if (name === DEFAULTS_KEY || property === undefined || value === undefined) continue;
    inputs[name] = refreshedValue(property, old, value);
  }
  return inputs;
}

function isFilled(inputs: PropertyMap, name: string): boolean {
  const filled = inputs[DEFAULTS_KEY];
  return Array.isArray(filled) && filled.includes(name);
}

function refreshedValue(property: Property, old: PropertyValue, value: PropertyValue): PropertyValue {
  if (property.kind === "object" && isObject(value) && isObject(old)) {
    return refreshedInputs(property.fields ?? {}, old, value);
  }
  if (Array.isArray(value) && Array.isArray(old)) {
    // What stands behind the program's own elements is the object's, not the program's.
    return value.slice(0, old.length).map((entry, index) => {
      const before = old[index];
      return isObject(entry) && isObject(before) ? refreshedInputs(property.fields ?? {}, before, entry) : entry;
    });
  }
  // The state holds another form than the program gives: the program's one stays.
  return property.stored ? old : value;
}

/** The inputs that would have made an object that was found (an import): everything that is not a default. */
export function importedInputs(schema: Schema, properties: PropertyMap): PropertyMap {
  const inputs: PropertyMap = { [DEFAULTS_KEY]: [] };
  for (const [name, property] of Object.entries(schema)) {
    const value = properties[name] ?? null;
    if (!isInput(property) || isDefault(property, value)) continue;
    if (property.kind === "object" && isObject(value)) inputs[name] = importedInputs(property.fields ?? {}, value);
    else if (property.fields && Array.isArray(value)) {
      inputs[name] = value.map((entry) => (isObject(entry) ? importedInputs(property.fields ?? {}, entry) : entry));
    } else inputs[name] = value;
  }
  return inputs;
}

/** With a default only that value counts as one; without, every empty value does. */
function isDefault(property: Property, value: PropertyValue): boolean {
  if (property.default !== undefined) return value === property.default && !property.importsDefault;
  return isEmptyCollection(value) || value === "" || value === false || value === 0;
}
