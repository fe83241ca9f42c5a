// SPDX-License-Identifier: Apache-2.0
/** Property paths as options write them: `a.b`, `a[0]`, `a["b.c"]`, with `*` for every key or index. */
import { isObject, isSecret } from "./values";
import type { PlainObject, Props, Value } from "./values";

export type Path = (string | number)[];

const ALL = "*";

/**
 * Parses a property path.
 * @returns undefined when the text is not one
 */
export function parsePath(text: string): Path | undefined {
  const path: Path = [];
  let rest = text;
  while (rest) {
    const quoted = /^\["((?:[^"\\]|\\.)*)"\]/.exec(rest);
    const indexed = /^\[(\d+|\*)\]/.exec(rest);
    const named = /^\.?([^.[\]]+)/.exec(rest);
    const match = quoted ?? indexed ?? named;
    if (!match) return undefined;
    const part = match[1] ?? "";
    if (quoted) path.push(part.replace(/\\(.)/g, "$1"));
    else path.push(indexed && part !== ALL ? Number(part) : part);
    rest = rest.slice(match[0].length);
  }
  return path.length > 0 ? path : undefined;
}

/** True when `path` is what the pattern names or lies inside it. */
export function pathContains(pattern: Path, path: Path): boolean {
  if (pattern.length > path.length) return false;
  return pattern.every((part, i) => part === ALL || part === path[i]);
}

function open(value: Value | undefined): Value | undefined {
  return isSecret(value) ? ((value as PlainObject).value ?? null) : value;
}

function keysOf(value: Value | undefined): (string | number)[] {
  if (Array.isArray(value)) return value.map((_, i) => i);
  return isObject(value) ? Object.keys(value) : [];
}

function child(value: Value | undefined, key: string | number): Value | undefined {
  if (Array.isArray(value)) return typeof key === "number" ? value[key] : undefined;
  return isObject(value) ? value[String(key)] : undefined;
}

/**
 * The new inputs with the old value at a path, for `ignoreChanges`.
 * @returns undefined when the path leads into something that was added or removed, which cannot be ignored
 */
export function resetAt(path: Path, olds: Props, news: Props): Props | undefined {
  return resetValue(path, olds, news) as Props | undefined;
}

function resetValue(path: Path, old: Value | undefined, now: Value): Value | undefined {
  const [head, ...rest] = path;
  if (head === undefined) return now;
  const oldOpen = open(old);
  const nowOpen = open(now);
  if (nowOpen === undefined || typeof nowOpen !== "object" || nowOpen === null) return undefined;
  if (Array.isArray(oldOpen) !== Array.isArray(nowOpen)) return undefined;
  const keys = head === ALL ? [...new Set([...keysOf(oldOpen), ...keysOf(nowOpen)])] : [head];
  if (head === ALL && Array.isArray(oldOpen) && oldOpen.length !== keysOf(nowOpen).length) return undefined;
  let result: Value = nowOpen;
  for (const key of keys) {
    const changed = resetKey(result, key, { old: child(oldOpen, key), rest });
    if (changed === undefined) return undefined;
    result = changed;
  }
  return isSecret(now) ? { ...(now as PlainObject), value: result } : result;
}

function resetKey(
  container: Value,
  key: string | number,
  to: { old: Value | undefined; rest: Path },
): Value | undefined {
  const present = child(container, key);
  let next: Value | undefined;
  if (to.rest.length === 0) next = to.old;
  else {
    if (present === undefined && to.old === undefined) return container;
    if (present === undefined || to.old === undefined) return undefined;
    next = resetValue(to.rest, to.old, present);
    if (next === undefined) return undefined;
  }
  if (Array.isArray(container)) {
    if (typeof key !== "number" || next === undefined || key >= container.length) return undefined;
    return container.map((item, i) => (i === key ? next : item));
  }
  const copy: PlainObject = { ...(container as PlainObject) };
  if (next === undefined) return Object.fromEntries(Object.entries(copy).filter(([name]) => name !== String(key)));
  copy[String(key)] = next;
  return copy;
}
