// SPDX-License-Identifier: Apache-2.0
import type { Properties, PropertyDefinition } from "./definition";
import { Secret, UNKNOWN, type CheckFailure, type PropertyMap, type PropertyValue } from "./grpc/provider";

export interface Checked {
  /** With defaults filled in; secrets stay wrapped. */
  inputs: PropertyMap;
  failures: CheckFailure[];
}

/**
 * Holds a property map to its definition and fills in defaults. What is unknown yet passes. All mistakes are told, each with its
 * path and the kind of its value, never the value.
 */
export function checkProperties(given: PropertyMap, definition: Properties, path = ""): Checked {
  const failures: CheckFailure[] = [];
  const inputs: PropertyMap = {};
  for (const [name, value] of Object.entries(given)) {
    // Pulumi's own bookkeeping, e.g. `__defaults`.
    if (name.startsWith("__")) continue;
    if (!Object.hasOwn(definition, name)) {
      const known = Object.keys(definition).join(", ");
      failures.push({ property: `${path}${name}`, reason: `is not a property here; known are ${known}` });
    } else if (value !== null) inputs[name] = value;
  }
  for (const [name, property] of Object.entries(definition)) {
    const value = inputs[name];
    if (value !== undefined) {
      const checked = checkValue(value, property, `${path}${name}`);
      inputs[name] = checked.value;
      failures.push(...checked.failures);
    } else if (property.default !== undefined) inputs[name] = property.default;
    else if (property.required === true)
      failures.push({ property: `${path}${name}`, reason: "is required and missing" });
  }
  return { inputs, failures };
}

function checkValue(
  value: PropertyValue,
  definition: PropertyDefinition,
  path: string,
): { value: PropertyValue; failures: CheckFailure[] } {
  if (value instanceof Secret) {
    const inner = checkValue(value.value, definition, path);
    return { value: new Secret(inner.value), failures: inner.failures };
  }
  const wrong = (rule: string): { value: PropertyValue; failures: CheckFailure[] } => ({
    value,
    failures: [{ property: path, reason: `is ${kindOf(value)}, but ${rule}` }],
  });
  if (value === UNKNOWN) return { value, failures: [] };
  switch (definition.type) {
    case "string":
      return typeof value === "string" ? { value, failures: [] } : wrong("a string is needed");
    case "integer":
      return typeof value === "number" && Number.isInteger(value)
        ? { value, failures: [] }
        : wrong("an integer is needed");
    case "stringMap":
      return isMap(value) ? checkMap(value, path) : wrong("a map of strings is needed");
    case "object": {
      if (!isMap(value)) return wrong("an object is needed");
      const { inputs, failures } = checkProperties(value, definition.fields ?? {}, `${path}.`);
      return { value: inputs, failures };
    }
  }
}

function checkMap(map: PropertyMap, path: string): { value: PropertyValue; failures: CheckFailure[] } {
  const entry: PropertyDefinition = { type: "string", description: "" };
  const present = Object.entries(map).filter(([, value]) => value !== null);
  const failures = present.flatMap(([key, value]) => checkValue(value, entry, `${path}.${key}`).failures);
  return { value: Object.fromEntries(present), failures };
}

/** True for an object that is neither secret nor unknown nor an asset. */
export function isMap(value: PropertyValue | undefined): value is PropertyMap {
  return typeof value === "object" && value !== null && Object.getPrototypeOf(value) === Object.prototype;
}

function kindOf(value: PropertyValue): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "a list";
  if (typeof value === "object") return isMap(value) ? "an object" : "an asset";
  return `a ${typeof value}`;
}
