// SPDX-License-Identifier: Apache-2.0

/** Keys whose values are part of an answer's meaning and must be equal, not only of the same type. */
const equalKeys = new Set(["status", "type", "precondition", "reason", "resource", "current_state", "total_count"]);

export interface ShapeOptions {
  /** Lists of the catalogue are longer than the recorded ones (which were cut down): their lengths are not compared. */
  isCatalogue: boolean;
}

/**
 * Differences between two JSON values in keys, JSON types and the values of `equalKeys`. Lists of the same length are
 * compared item by item; in lists of different length each recorded shape must occur.
 */
export function shapeDifferences(recorded: unknown, actual: unknown, options: ShapeOptions, at = "answer"): string[] {
  const [was, is] = [typeOf(recorded), typeOf(actual)];
  if (was !== is) return [`${at}: ${is} instead of ${was}`];
  if (Array.isArray(recorded) && Array.isArray(actual)) return listDifferences(recorded, actual, options, at);
  if (!isRecord(recorded) || !isRecord(actual)) return [];
  const missing = Object.keys(recorded).filter((key) => !(key in actual));
  const extra = Object.keys(actual).filter((key) => !(key in recorded));
  const common = Object.keys(recorded).filter((key) => key in actual);
  return [
    ...missing.map((key) => `${at}.${key}: missing`),
    ...extra.map((key) => `${at}.${key}: not recorded`),
    ...common.flatMap((key) => {
      const path = `${at}.${key}`;
      const counts = key === "total_count" && options.isCatalogue;
      if (equalKeys.has(key) && !counts && typeof recorded[key] !== "object" && recorded[key] !== actual[key]) {
        return [`${path}: ${JSON.stringify(actual[key])} instead of ${JSON.stringify(recorded[key])}`];
      }
      return shapeDifferences(recorded[key], actual[key], options, path);
    }),
  ];
}

function listDifferences(recorded: unknown[], actual: unknown[], options: ShapeOptions, at: string): string[] {
  if (recorded.length === actual.length && !options.isCatalogue) {
    return recorded.flatMap((item, index) => shapeDifferences(item, actual[index], options, `${at}[${index}]`));
  }
  if (!options.isCatalogue) return [`${at}: ${actual.length} items instead of ${recorded.length}`];
  return recorded.flatMap((item, index) => {
    const candidates = actual.map((other) => shapeDifferences(item, other, options, `${at}[${index}]`));
    const closest = candidates.sort((a, b) => a.length - b.length)[0];
    return closest ?? [`${at}: empty`];
  });
}

function typeOf(value: unknown): string {
  if (value === null) return "null";
  return Array.isArray(value) ? "list" : typeof value;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
