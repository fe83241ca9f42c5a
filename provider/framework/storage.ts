// SPDX-License-Identifier: Apache-2.0

/** What oned would refuse, lose or change silently, found before anything happens. */
import { templateMistakes } from "../../opennebula";
import { isMap } from "../check";
import type { Properties, PropertyDefinition } from "../definition";
import type { CheckFailure, PropertyMap, PropertyValue } from "../grpc/provider";
import { claimedBy, MARKER } from "./attributes";
import type { Kind } from "./kind";
import { itemsOf, open } from "./values";

interface Place {
  path: string;
  /** Attributes, in capitals, that a free map must not hold, and why. */
  reserved: Readonly<Record<string, string>>;
}

/** All mistakes of the inputs, each with its path and never with its value. What is unknown yet passes. */
export function storageMistakes(kind: Pick<Kind, "inputs" | "reserved">, inputs: PropertyMap): CheckFailure[] {
  return mistakesOfFields(kind.inputs, inputs, { path: "", reserved: kind.reserved ?? {} });
}

function mistakesOfFields(properties: Properties, values: PropertyMap, at: Place): CheckFailure[] {
  const own = Object.entries(properties).flatMap(([name, definition]) =>
    [...claimedBy({ [name]: definition })].map((attribute) => [attribute, `is set by ${name}`]),
  );
  const marker = { [MARKER]: "is where this provider remembers whose the object is" };
  const reserved = { ...at.reserved, ...(Object.fromEntries(own) as Record<string, string>), ...marker };
  return Object.entries(properties).flatMap(([name, definition]) => {
    const value = open(values[name]);
    return value === undefined ? [] : mistakes(definition, value, { path: `${at.path}${name}`, reserved });
  });
}

function mistakes(definition: PropertyDefinition, value: PropertyValue, at: Place): CheckFailure[] {
  if (definition.unreadable === true || definition.type === "json") return [];
  if (typeof value === "string") return textMistakes(value, at.path);
  if (Array.isArray(value)) {
    const items = itemsOf(definition);
    return value.flatMap((one, index) =>
      mistakes(items, open(one) as PropertyValue, { ...at, path: `${at.path}[${index}]` }),
    );
  }
  if (!isMap(value)) return [];
  if (definition.type === "object")
    return mistakesOfFields(definition.fields ?? {}, value, { path: `${at.path}.`, reserved: {} });
  return freeMistakes(value, definition.attribute === undefined ? at : { ...at, reserved: {} });
}

/** Free attributes: their names, names that are the same to oned, and those that belong to another property. */
function freeMistakes(map: PropertyMap, at: Place): CheckFailure[] {
  const seen = new Map<string, string>();
  return Object.entries(map).flatMap(([name, wrapped]): CheckFailure[] => {
    const property = `${at.path}.${name}`;
    const capital = name.toUpperCase();
    const twin = seen.get(capital);
    seen.set(capital, name);
    const failures: CheckFailure[] = [];
    const reserved = at.reserved[capital];
    if (reserved !== undefined) failures.push({ property, reason: `${reserved}; leave it out` });
    if (twin !== undefined) {
      failures.push({ property, reason: `is the same to oned as ${twin}, which makes names capitals; drop one` });
    }
    return [...failures, ...nameMistakes(name, property), ...valueMistakes(open(wrapped), property)];
  });
}

function valueMistakes(value: PropertyValue | undefined, path: string): CheckFailure[] {
  if (typeof value === "string") return textMistakes(value, path);
  if (Array.isArray(value)) return value.flatMap((one, index) => valueMistakes(open(one), `${path}[${index}]`));
  if (!isMap(value)) return [];
  return Object.entries(value).flatMap(([name, one]) => {
    const inner = `${path}.${name}`;
    const deep = open(one);
    const nested = typeof deep === "object" && deep !== null;
    const tooDeep = nested ? [{ property: inner, reason: "is nested deeper than oned's templates can hold" }] : [];
    return [...nameMistakes(name, inner), ...tooDeep, ...(nested ? [] : valueMistakes(deep, inner))];
  });
}

function nameMistakes(name: string, property: string): CheckFailure[] {
  return reasons(name, "x").map((reason) => ({ property, reason }));
}

function textMistakes(value: string, property: string): CheckFailure[] {
  return reasons("X", value).map((reason) => ({ property, reason }));
}

function reasons(name: string, value: string): string[] {
  return templateMistakes({ [name]: value }, "t").map(({ message, field }) => message.slice(field.length + 2));
}
