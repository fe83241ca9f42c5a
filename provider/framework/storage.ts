// SPDX-License-Identifier: Apache-2.0

/** What oned would refuse, lose or change silently, found before anything happens. */
import { templateMistakes } from "../../opennebula";
import { isMap } from "../check";
import type { Properties, PropertyDefinition } from "../definition";
import type { CheckFailure, PropertyMap, PropertyValue } from "../grpc/provider";
import { claimedBy, MARKER } from "./attributes";
import type { Kind } from "./kind";
import { itemsOf, open } from "./values";

/** All mistakes of the inputs, each with its path and never with its value. What is unknown yet passes. */
export function storageMistakes(kind: Pick<Kind, "inputs">, inputs: PropertyMap): CheckFailure[] {
  return mistakesOfFields(kind.inputs, inputs, "");
}

function mistakesOfFields(properties: Properties, values: PropertyMap, path: string): CheckFailure[] {
  const claimed = claimedBy(properties);
  return Object.entries(properties).flatMap(([name, definition]) => {
    const value = open(values[name]);
    return value === undefined ? [] : mistakes(definition, value, { path: `${path}${name}`, claimed });
  });
}

function mistakes(
  definition: PropertyDefinition,
  value: PropertyValue,
  at: { path: string; claimed: ReadonlySet<string> },
): CheckFailure[] {
  if (definition.unreadable === true || definition.type === "json") return [];
  if (typeof value === "string") return textMistakes(value, at.path);
  if (Array.isArray(value)) {
    const items = itemsOf(definition);
    return value.flatMap((one, index) =>
      mistakes(items, open(one) as PropertyValue, { ...at, path: `${at.path}[${index}]` }),
    );
  }
  if (!isMap(value)) return [];
  if (definition.type === "object") return mistakesOfFields(definition.fields ?? {}, value, `${at.path}.`);
  return freeMistakes(value, definition.attribute === undefined ? at : { ...at, claimed: new Set() });
}

/** Free attributes: their names, names that are the same to oned, and those that belong to another property. */
function freeMistakes(map: PropertyMap, at: { path: string; claimed: ReadonlySet<string> }): CheckFailure[] {
  const seen = new Map<string, string>();
  return Object.entries(map).flatMap(([name, wrapped]): CheckFailure[] => {
    const property = `${at.path}.${name}`;
    const capital = name.toUpperCase();
    const twin = seen.get(capital);
    seen.set(capital, name);
    const failures: CheckFailure[] = [];
    if (capital === MARKER) {
      failures.push({ property, reason: "is where this provider remembers whose the object is; leave it out" });
    } else if (at.claimed.has(capital)) {
      failures.push({ property, reason: "has a property of its own here; use that" });
    }
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
