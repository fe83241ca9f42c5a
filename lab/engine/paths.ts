// SPDX-License-Identifier: Apache-2.0
/** Property paths as options write them: `a.b`, `a[0]`, `a["b.c"]`, with `*` for every key or index. */

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

/** What lies at a path. @returns undefined where nothing does */
export function valueAt(value: unknown, path: Path): unknown {
  return path.reduce<unknown>(
    (at, part) => (typeof at === "object" && at !== null ? (at as Record<string, unknown>)[String(part)] : undefined),
    value,
  );
}
