// SPDX-License-Identifier: Apache-2.0
import type { Properties, PropertyDefinition } from "./definition";
import { AssetValue, Secret, UNKNOWN, type CheckFailure, type PropertyMap, type PropertyValue } from "./grpc/provider";

export interface Checked {
  /** With defaults filled in; secrets stay wrapped. */
  inputs: PropertyMap;
  failures: CheckFailure[];
}

interface CheckedValue {
  value: PropertyValue;
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

/** The same values with everything that the definition calls secret wrapped, for callers that know no schema. */
export function sealSecrets(values: PropertyMap, properties: Properties): PropertyMap {
  const entries = Object.entries(values).map(([name, value]): [string, PropertyValue] => {
    const definition = properties[name];
    return [name, definition === undefined ? value : seal(value, definition)];
  });
  return Object.fromEntries(entries);
}

function seal(value: PropertyValue, definition: PropertyDefinition): PropertyValue {
  if (value instanceof Secret || value === UNKNOWN) return value;
  if (definition.secret === true) return new Secret(value);
  if (isMap(value) && definition.fields !== undefined) return sealSecrets(value, definition.fields);
  const { items } = definition;
  return Array.isArray(value) && items !== undefined ? value.map((one) => seal(one, items)) : value;
}

function checkValue(value: PropertyValue, definition: PropertyDefinition, path: string): CheckedValue {
  if (value instanceof Secret) {
    const inner = checkValue(value.value, definition, path);
    return { value: new Secret(inner.value), failures: inner.failures };
  }
  if (value === UNKNOWN) return { value, failures: [] };
  switch (definition.type) {
    case "string":
      if (typeof value === "string") return checkText(value, definition, path);
      return wrong(value, path, (value instanceof AssetValue && definition.noAsset) || "a string is needed");
    case "integer":
      return Number.isInteger(value)
        ? checkRange(value as number, definition, path)
        : wrong(value, path, "an integer is needed");
    case "number":
      return typeof value === "number" ? checkRange(value, definition, path) : wrong(value, path, "a number is needed");
    case "boolean":
      return typeof value === "boolean" ? { value, failures: [] } : wrong(value, path, "true or false is needed");
    case "stringMap":
      return isMap(value) ? checkMap(value, path, checkString) : wrong(value, path, "a map of strings is needed");
    case "template":
      return isMap(value) ? checkMap(value, path, checkAttribute) : wrong(value, path, "a map of attributes is needed");
    case "json":
      return { value, failures: [] };
    case "list":
      return Array.isArray(value) ? checkList(value, definition, path) : wrong(value, path, "a list is needed");
    case "object": {
      if (!isMap(value)) return wrong(value, path, "an object is needed");
      const { inputs, failures } = checkProperties(value, definition.fields ?? {}, `${path}.`);
      return { value: inputs, failures };
    }
  }
}

function wrong(value: PropertyValue, path: string, rule: string): CheckedValue {
  return { value, failures: [{ property: path, reason: `is ${kindOf(value)}, but ${rule}` }] };
}

function checkText(value: string, definition: PropertyDefinition, path: string): CheckedValue {
  const failures: CheckFailure[] = [];
  const allowed = definition.enum === undefined ? undefined : Object.values(definition.enum.values);
  if (allowed !== undefined && !allowed.includes(value)) {
    failures.push({ property: path, reason: `must be one of ${allowed.join(", ")}` });
  }
  if (definition.rule !== undefined && !definition.rule.pattern.test(value)) {
    failures.push({ property: path, reason: definition.rule.text });
  }
  if (definition.required === true && value === "") failures.push({ property: path, reason: "must not be empty" });
  return { value, failures };
}

function checkRange(value: number, { minimum, maximum }: PropertyDefinition, path: string): CheckedValue {
  const failures: CheckFailure[] = [];
  if (minimum !== undefined && value < minimum)
    failures.push({ property: path, reason: `must be at least ${minimum}` });
  if (maximum !== undefined && value > maximum) failures.push({ property: path, reason: `must be at most ${maximum}` });
  return { value, failures };
}

function checkList(list: PropertyValue[], definition: PropertyDefinition, path: string): CheckedValue {
  const items = definition.items ?? { type: "string", description: "" };
  const checked = list.map((one, index) => checkValue(one, items, `${path}[${index}]`));
  const failures = checked.flatMap((one) => one.failures);
  const { key } = definition;
  const seen = new Set<PropertyValue>();
  for (const [index, { value }] of checked.entries()) {
    const plain = value instanceof Secret ? value.value : value;
    const name = key === undefined || !isMap(plain) ? undefined : plain[key];
    if (typeof name !== "string") continue;
    if (seen.has(name)) {
      failures.push({
        property: `${path}[${index}].${key ?? ""}`,
        reason: "is the same as of another member; it tells them apart",
      });
    }
    seen.add(name);
  }
  return { value: checked.map(({ value }) => value), failures };
}

type CheckEntry = (value: PropertyValue, path: string) => CheckedValue;

function checkMap(map: PropertyMap, path: string, entry: CheckEntry): CheckedValue {
  const present = Object.entries(map).filter(([, value]) => value !== null);
  const failures = present.flatMap(([key, value]) => entry(value, `${path}.${key}`).failures);
  return { value: Object.fromEntries(present), failures };
}

const checkString: CheckEntry = (value, path) => checkValue(value, { type: "string", description: "" }, path);

const checkAttribute: CheckEntry = (value, path) => {
  const plain = value instanceof Secret ? value.value : value;
  if (plain === UNKNOWN || isScalar(plain)) return { value, failures: [] };
  if (Array.isArray(plain)) {
    return { value, failures: plain.flatMap((one, index) => checkAttribute(one, `${path}[${index}]`).failures) };
  }
  if (isMap(plain)) return { value, failures: checkMap(plain, path, checkScalar).failures };
  return wrong(plain, path, "a text, a map of texts or a list of them is needed");
};

const checkScalar: CheckEntry = (value, path) => {
  const plain = value instanceof Secret ? value.value : value;
  return plain === UNKNOWN || isScalar(plain) ? { value, failures: [] } : wrong(plain, path, "a text is needed");
};

function isScalar(value: PropertyValue): boolean {
  return typeof value === "string" || typeof value === "number" || typeof value === "boolean";
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
