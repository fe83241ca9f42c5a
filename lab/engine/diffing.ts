// SPDX-License-Identifier: Apache-2.0
/** What the engine itself makes of differences: ignored ones, ones that replace, ones that no provider has judged. */
import { resetPath } from "./ignored-paths";
import { parsePath, pathContains } from "./paths";
import type { Diff, PropertyDiff } from "./types";
import { equal, isObject, openOutputs, signatureOf } from "./values";
import type { Props, Value } from "./values";

/** A path of `replaceOnChanges` that stands for an object which never became ready. */
const INIT_ERROR_KEY = "#initerror";

/**
 * Puts the old inputs over the new ones at the ignored paths.
 * @returns the inputs, and the paths that cannot be ignored because they lead into something added or removed
 */
export function applyIgnoreChanges(
  news: Props,
  olds: Props,
  paths: readonly string[],
): { inputs: Props; invalid: string[] } {
  if (paths.length === 0) return { inputs: news, invalid: [] };
  const inputs = structuredClone(news);
  const invalid = paths.filter((text) => {
    const path = parsePath(text);
    return path !== undefined && !resetPath(path, olds, inputs);
  });
  return { inputs, invalid };
}

type Change = [path: string, kind: PropertyDiff["kind"]];

function changesIn(path: string, old: Value | undefined, now: Value | undefined): Change[] {
  if (old === undefined) return [[path, "add"]];
  if (now === undefined) return [[path, "delete"]];
  if (equal(old, now)) return [];
  const deeper = (keys: (string | number)[], at: (value: Value, key: string | number) => Value | undefined): Change[] =>
    keys.flatMap((key) => changesIn(joinPath(path, key), at(old, key), at(now, key)));
  if (Array.isArray(old) && Array.isArray(now)) {
    const keys = Array.from({ length: Math.max(old.length, now.length) }, (_, i) => i);
    return deeper(keys, (value, key) => (value as Value[])[Number(key)]);
  }
  if (isObject(old) && isObject(now) && !signatureOf(old) && !signatureOf(now)) {
    const keys = [...new Set([...Object.keys(old), ...Object.keys(now)])];
    return deeper(keys, (value, key) => (value as Props)[String(key)]);
  }
  return [[path, "update"]];
}

function joinPath(path: string, key: string | number): string {
  if (typeof key === "number") return `${path}[${String(key)}]`;
  if (/[.[\]"]/.test(key)) return `${path}[${JSON.stringify(key)}]`;
  return path ? `${path}.${key}` : key;
}

/** The diff of inputs where a provider leaves the judgement to the engine; a value that becomes a secret has changed. */
export function diffInputs(olds: Props, news: Props): Pick<Diff, "changes" | "changedKeys" | "detailed"> {
  const before = openOutputs(olds);
  const after = openOutputs(news);
  const changes = changesIn("", before, after);
  if (changes.length === 0) return { changes: "none", changedKeys: [] };
  const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])];
  return {
    changes: "some",
    changedKeys: keys.filter((key) => !equal(before[key], after[key])),
    detailed: Object.fromEntries(changes.map(([path, kind]) => [path, { kind, inputDiff: true }])),
  };
}

function toReplace(kind: PropertyDiff["kind"]): PropertyDiff["kind"] {
  if (kind === "add" || kind === "delete" || kind === "update") return `${kind}-replace`;
  return kind;
}

/** Turns changes at the paths of `replaceOnChanges` into replacements. */
export function applyReplaceOnChanges(diff: Diff, paths: readonly string[], hasInitErrors: boolean): Diff {
  if (diff.changes !== "some" && !hasInitErrors) return diff;
  const patterns = paths.map(parsePath).filter((path) => path !== undefined);
  const matches = (text: string): boolean => {
    const path = parsePath(text);
    return path !== undefined && patterns.some((pattern) => pathContains(pattern, path));
  };
  const keys = new Set(diff.replaceKeys);
  for (const key of diff.changedKeys) if (matches(key)) keys.add(key);
  const result: Diff = { ...diff };
  if (diff.detailed) {
    const entries = Object.entries(diff.detailed);
    result.detailed = Object.fromEntries(
      entries.map(([path, entry]) => [path, matches(path) ? { ...entry, kind: toReplace(entry.kind) } : entry]),
    );
  }
  if (hasInitErrors && matches(INIT_ERROR_KEY)) {
    keys.add(INIT_ERROR_KEY);
    result.changes = "some";
    if (result.detailed) result.detailed[INIT_ERROR_KEY] = { kind: "update-replace", inputDiff: false };
  }
  return { ...result, replaceKeys: [...keys] };
}

/** True when a diff says that the object cannot be updated in place. */
export function replaces(diff: Diff): boolean {
  return (
    diff.replaceKeys.length > 0 || Object.values(diff.detailed ?? {}).some((entry) => entry.kind.endsWith("-replace"))
  );
}
