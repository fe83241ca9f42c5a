// SPDX-License-Identifier: Apache-2.0

/** What the program wants against what oned had when it was last asked; whatever the program does not name is no difference. */
import { isMap } from "../check";
import type { Properties, PropertyDefinition } from "../definition";
import type { DiffResult, PropertyDifference, PropertyMap, PropertyValue, ResourceState } from "../grpc/provider";
import { UNKNOWN } from "../grpc/provider";
import { NAMES } from "./references";
import { asText, itemsOf, keepsEntries, member, open, pairs, retells, same } from "./values";

type Change = [path: string, kind: "add" | "update" | "delete"];

export function diffProperties(
  { inputs, outputs }: Pick<{ inputs: Properties; outputs: Properties }, "inputs" | "outputs">,
  state: ResourceState,
  news: PropertyMap,
): DiffResult {
  const detailedDiff: Record<string, PropertyDifference> = {};
  const replaces: string[] = [];
  const diffs: string[] = [];
  // Nothing is known of these since an import: what the program says of them is taken for granted.
  const imported = state.outputs[NAMES] !== undefined;
  for (const [name, definition] of Object.entries(inputs)) {
    const fixed = definition.unreadable === true && definition.immutable === true;
    if (imported && fixed && state.inputs[name] === undefined) continue;
    const actual = state.outputs[name] ?? state.inputs[name];
    const changes = isSameReference(definition, news[name], state.outputs)
      ? []
      : changesOf(definition, name, { wanted: news[name], had: state.inputs[name], actual });
    if (changes.length === 0) continue;
    diffs.push(name);
    if (definition.immutable === true) replaces.push(name);
    for (const [path, kind] of changes) {
      detailedDiff[path] = { kind: definition.immutable === true ? `${kind}-replace` : kind };
    }
  }
  const stables = replaces.length > 0 ? [] : Object.keys(outputs).filter((name) => outputs[name]?.immutable === true);
  return {
    changes: diffs.length > 0 ? "some" : "none",
    diffs,
    detailedDiff,
    replaces,
    // The old object bears the same name and marker, so both cannot be there at once.
    deleteBeforeReplace: replaces.length > 0,
    stables,
  };
}

/** A reference may be given by name or by id. */
function isSameReference(
  definition: PropertyDefinition,
  wanted: PropertyValue | undefined,
  outputs: PropertyMap,
): boolean {
  const { idOutput, nameOutput } = definition;
  const text = open(wanted);
  if (idOutput === undefined || typeof text !== "string") return false;
  return text === asText(outputs[idOutput]) || (nameOutput !== undefined && text === outputs[nameOutput]);
}

interface Sides {
  wanted: PropertyValue | undefined;
  had: PropertyValue | undefined;
  actual: PropertyValue | undefined;
}

function changesOf(definition: PropertyDefinition, path: string, sides: Sides): Change[] {
  const { wanted, had, actual } = sides;
  if (wanted === undefined) {
    const dropped = had !== undefined && definition.sticky !== true && definition.default === undefined;
    return dropped ? [[path, "delete"]] : [];
  }
  if (same(definition, wanted, actual) && keepsEntries(definition, wanted, had)) {
    const told = had === undefined || retells(definition, wanted, had);
    if (told || (definition.retold !== true && definition.lenient !== true)) return [];
    // What oned does not tell is compared with what the program said before.
    if (definition.lenient !== true) return [[path, "update"]];
  }
  const plain = open(wanted);
  const is = open(actual);
  if (is === undefined) return [[path, "add"]];
  if (plain === UNKNOWN) return [[path, "update"]];
  if (isMap(plain) && isMap(is) && definition.type !== "json") return mapChanges(definition, path, sides);
  if (definition.type === "list" && Array.isArray(plain) && Array.isArray(is)) {
    return listChanges(definition, path, { plain, is, had });
  }
  return [[path, "update"]];
}

function mapChanges(definition: PropertyDefinition, path: string, { wanted, had, actual }: Sides): Change[] {
  const free = definition.type !== "object";
  const now = open(wanted) as PropertyMap;
  const before = open(had);
  const names = new Map<string, string>();
  for (const name of [...Object.keys(isMap(before) ? before : {}), ...Object.keys(now)]) {
    names.set(free ? name.toUpperCase() : name, name);
  }
  const entry: PropertyDefinition = { type: "template", description: "" };
  return [...names.values()].flatMap((name) => {
    const field = free ? entry : definition.fields?.[name];
    if (field === undefined) return [];
    const sides: Sides = {
      wanted: member(now, name, free),
      had: member(before, name, free),
      actual: member(actual, name, free),
    };
    if (definition.lenient === true && sides.actual === undefined) sides.actual = sides.had;
    return free ? entryChanges(joined(path, name), sides) : changesOf(field, joined(path, name), sides);
  });
}

function entryChanges(path: string, { wanted, had, actual }: Sides): Change[] {
  if (wanted === undefined) return had === undefined ? [] : [[path, "delete"]];
  if (actual === undefined) return [[path, "add"]];
  const whole: PropertyDefinition = { type: "template", description: "" };
  return same(whole, { value: wanted }, { value: actual }) ? [] : [[path, "update"]];
}

function listChanges(
  definition: PropertyDefinition,
  path: string,
  { plain, is, had }: { plain: PropertyValue[]; is: PropertyValue[]; had: PropertyValue | undefined },
): Change[] {
  const items = itemsOf(definition);
  const before = open(had);
  const changes = pairs(definition, plain, is).flatMap(([wanted, actual]): Change[] => {
    if (wanted === undefined) {
      return definition.partial === true ? [] : [[`${path}[${is.indexOf(actual as PropertyValue)}]`, "delete"]];
    }
    const at = `${path}[${plain.indexOf(wanted)}]`;
    if (actual === undefined) return [[at, "add"]];
    const old = Array.isArray(before) ? pairs(definition, [wanted], before)[0]?.[1] : undefined;
    return changesOf(items, at, { wanted, had: old, actual });
  });
  return changes.length > 0 ? changes : [[path, "update"]];
}

/** Property path as the engine reads it. */
function joined(path: string, name: string): string {
  return /^\w+$/.test(name) ? `${path}.${name}` : `${path}[${JSON.stringify(name)}]`;
}
