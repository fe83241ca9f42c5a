// SPDX-License-Identifier: Apache-2.0

/** One mistake in a configuration. */
export interface Problem {
  /** Path in the stack file below `opennebula-scaleway:cloud`, e.g. `hosts.fe.roles[0]`; "" for the whole. */
  path: string;
  /** What is there, by kind and never by value: configurations hold names and keys that belong in no log. */
  found: string;
  /** What is allowed. */
  rule: string;
  /** What to do. */
  cure: string;
}

/** The kind of a value, for messages: `text of 12 characters`, `number`, `nothing`, `list of 3`, ... */
export function kindOf(value: unknown): string {
  if (value === undefined) return "nothing";
  if (value === null) return "null";
  if (Array.isArray(value)) return `list of ${value.length}`;
  if (typeof value === "string") return value === "" ? "empty text" : `text of ${value.length} characters`;
  if (typeof value === "object") return "mapping";
  return typeof value;
}

/** One line for people. */
export function problemText(problem: Problem): string {
  const where = problem.path === "" ? "opennebula-scaleway:cloud" : `opennebula-scaleway:cloud ${problem.path}`;
  return `${where}: ${problem.rule} (found ${problem.found}). ${problem.cure}`;
}

/** The path of a value as people write it, from its keys. */
export function pathText(keys: readonly (string | number)[]): string {
  return keys.reduce<string>((path, key) => {
    if (typeof key === "number") return `${path}[${key}]`;
    const part = /^[A-Za-z0-9_-]+$/.test(key) ? key : JSON.stringify(key);
    return path === "" ? part : `${path}.${part}`;
  }, "");
}
