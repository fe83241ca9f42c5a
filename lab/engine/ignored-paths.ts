// SPDX-License-Identifier: Apache-2.0
/** Puts old values back at a path, for `ignoreChanges`: PropertyPath.Reset of Pulumi's properties_path.go, case by case. */
import type { Path } from "./paths";
import { isObject, isSecret, makeSecret } from "./values";
import type { PlainObject, Props, Value } from "./values";

const ALL = "*";

interface Side {
  value: Value | undefined;
  /** The value is part of a secret. */
  secret: boolean;
}

function opened({ value, secret }: Side): Side {
  let inner = value;
  while (isSecret(inner)) inner = (inner as PlainObject).value ?? null;
  return { value: inner, secret: secret || inner !== value };
}

/**
 * Changes `news` in place, as far as it gets.
 * @returns false where the path leads into something that was added or removed, which cannot be ignored
 */
export function resetPath(path: Path, olds: Props, news: Props): boolean {
  return reset(path, { value: olds, secret: false }, { value: news, secret: false });
}

function reset(path: Path, from: Side, to: Side): boolean {
  const [key, ...rest] = path;
  if (key === undefined) return false;
  const [old, now] = [opened(from), opened(to)];
  // What was secret stays so where the new value is not part of a secret.
  const kept = (value: Value): Value => (old.secret && !now.secret ? makeSecret(value) : value);
  const next = (inOld: Value | undefined, inNow: Value | undefined): boolean =>
    reset(rest, { value: inOld, secret: old.secret }, { value: inNow, secret: now.secret });
  const isLast = rest.length === 0;
  if (typeof key === "number")
    return isLast ? resetIndex(key, old.value, now.value, kept) : resetItem(key, old.value, now.value, next);
  if (key === ALL) return isLast ? resetAll(old.value, now.value, kept) : resetEach(old.value, now.value, next);
  return isLast ? resetKey(key, old.value, now.value, kept) : resetBelow(key, old.value, now.value, next);
}

type Kept = (value: Value) => Value;
type Next = (old: Value | undefined, now: Value | undefined) => boolean;

function resetIndex(index: number, old: Value | undefined, now: Value | undefined, kept: Kept): boolean {
  if (!Array.isArray(old) || !Array.isArray(now)) return !Array.isArray(old) && !Array.isArray(now);
  if (index >= old.length || index >= now.length) return index >= old.length && index >= now.length;
  now[index] = kept(old[index] ?? null);
  return true;
}

function resetItem(index: number, old: Value | undefined, now: Value | undefined, next: Next): boolean {
  if (!Array.isArray(old) || !Array.isArray(now)) return !Array.isArray(old) && !Array.isArray(now);
  return index < old.length && index < now.length && next(old[index], now[index]);
}

function resetAll(old: Value | undefined, now: Value | undefined, kept: Kept): boolean {
  if (isObject(now)) {
    if (!isObject(old)) return true;
    for (const [key, value] of Object.entries(old)) now[key] = kept(value);
    for (const key of Object.keys(now)) if (!(key in old)) Reflect.deleteProperty(now, key);
    return true;
  }
  if (!Array.isArray(now)) return false;
  if (!Array.isArray(old)) return true;
  old.slice(0, now.length).forEach((value, i) => (now[i] = kept(value)));
  return old.length === now.length;
}

function resetEach(old: Value | undefined, now: Value | undefined, next: Next): boolean {
  if (isObject(old) && isObject(now)) return Object.keys(old).every((key) => key in now && next(old[key], now[key]));
  if (!Array.isArray(old) || !Array.isArray(now)) return false;
  return old.slice(0, now.length).every((value, i) => next(value, now[i])) && old.length === now.length;
}

function resetKey(key: string, old: Value | undefined, now: Value | undefined, kept: Kept): boolean {
  if (!isObject(old) || !(key in old)) {
    if (isObject(now)) Reflect.deleteProperty(now, key);
    return true;
  }
  if (!isObject(now)) return false;
  now[key] = kept(old[key] ?? null);
  return true;
}

function resetBelow(key: string, old: Value | undefined, now: Value | undefined, next: Next): boolean {
  if (!isObject(old) || !isObject(now)) return !isObject(old) && !isObject(now);
  if (!(key in now)) return !(key in old);
  return next(old[key], now[key]);
}
