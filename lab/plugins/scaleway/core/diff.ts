// SPDX-License-Identifier: Apache-2.0
import { UNKNOWN } from "../../../../provider/grpc/provider";
import type { DiffResult, PropertyDifference, PropertyMap, PropertyValue } from "../../../../provider/grpc/provider";
import { inStoredForm } from "./plan";
import { isCollection, replacingNames } from "./schema";
import type { Property, Schema } from "./schema";
import { at, DEFAULTS_KEY, equal, hasUnknown, isEmptyCollection, isObject, objects } from "./values";

/** The name under which the real provider tells a replacement that no single property asks for. */
const WHOLE_OBJECT = "__meta";

type Differences = Record<string, PropertyDifference>;
type Change = "add" | "delete" | "update";

/**
 * Compares what is stored with what is planned.
 *
 * @param news the checked inputs: their `__defaults` tell whether the name is an automatic one (then a replacement can be
 *   created before the old object is deleted).
 * @param replaceAll the plan logic asks for a replacement although no property does.
 */
export function diff(
  schema: Schema,
  prior: PropertyMap,
  planned: PropertyMap,
  options: { news: PropertyMap; replaceAll: boolean },
): DiffResult {
  const differences: Differences = {};
  for (const [name, property] of Object.entries(schema)) {
    const found = new Differ(property.forceNew === true).value(property, at(prior, name), at(planned, name), name);
    Object.assign(differences, found);
  }
  // A default that an imported object's state does not hold yet is told, but is no reason for an update.
  const isDefault = (path: string): boolean => at(prior, path) === null && at(planned, path) === schema[path]?.default;
  if (Object.keys(differences).every(isDefault)) return { changes: "none", stables: replacingNames(schema) };
  if (options.replaceAll) differences[WHOLE_OBJECT] = { kind: "update-replace" };
  const diffs = sortedTops(Object.keys(differences));
  const replaces = sortedTops(Object.keys(differences).filter((path) => differences[path]?.kind.endsWith("-replace")));
  const stables = replacingNames(schema).filter((name) => !diffs.includes(name));
  if (diffs.length === 0) return { changes: "none", stables };
  return {
    changes: "some",
    replaces,
    stables,
    deleteBeforeReplace: replaces.length > 0 && namedByProgram(schema, options.news),
    diffs,
    detailedDiff: differences,
  };
}

function sortedTops(paths: string[]): string[] {
  return [...new Set(paths.map((path) => path.replace(/[.[].*$/, "")))].sort();
}

function namedByProgram(schema: Schema, news: PropertyMap): boolean {
  const automatic = news[DEFAULTS_KEY];
  if (!Array.isArray(automatic)) return false;
  return Object.keys(schema).some((name) => schema[name]?.autoName === true && !automatic.includes(name));
}

class Differ {
  constructor(private readonly replaces: boolean) {}

  value(property: Property, old: PropertyValue, next: PropertyValue, path: string): Differences {
    const inner = property.forceNew && !this.replaces ? new Differ(true) : this;
    return inner.compare(property, old, next, path);
  }

  private compare(property: Property, old: PropertyValue, next: PropertyValue, path: string): Differences {
    const [gone, wanted] = [isEmptyCollection(old), isEmptyCollection(next)];
    if (gone && wanted) return {};
    if (gone) return this.tell(path, "add");
    if (wanted) return this.tell(path, "delete");
    if (next === UNKNOWN) return this.tell(path, "update");
    if (property.kind === "object" && isObject(old) && isObject(next)) return this.fields(property, old, next, path);
    if (isCollection(property) && Array.isArray(old) && Array.isArray(next)) {
      if (property.kind === "blockSet") return this.blockSet(property, old, next, path);
      return this.list(property, old, next, path);
    }
    return equal(old, next) ? {} : this.tell(path, "update");
  }

  private fields(property: Property, old: PropertyMap, next: PropertyMap, path: string): Differences {
    const differences: Differences = {};
    for (const [name, field] of Object.entries(property.fields ?? {})) {
      Object.assign(differences, this.value(field, at(old, name), at(next, name), `${path}.${name}`));
    }
    return differences;
  }

  private list(property: Property, old: PropertyValue[], next: PropertyValue[], path: string): Differences {
    const differences: Differences = {};
    const elementOf = (): Property =>
      property.kind === "block" ? { kind: "object", fields: property.fields } : { kind: "string", required: true };
    for (let index = 0; index < Math.max(old.length, next.length); index++) {
      const place = `${path}[${String(index)}]`;
      const before: PropertyValue | undefined = old[index];
      const after: PropertyValue | undefined = next[index];
      if (before === undefined) Object.assign(differences, this.tell(place, "add"));
      else if (after === undefined) Object.assign(differences, this.tell(place, "delete"));
      else Object.assign(differences, this.compare(elementOf(), before, after, place));
    }
    return differences;
  }

  /** Elements that are the same one are no difference, wherever they stand; the others are told by position. */
  private blockSet(property: Property, old: PropertyValue[], next: PropertyValue[], path: string): Differences {
    const [before, after] = [objects(old), objects(next)];
    const form = (element: PropertyMap): PropertyMap => inStoredForm(property.fields ?? {}, element);
    const left = before.map((element) => !after.some((other) => equal(form(element), form(other))));
    const right = after.map((element) => !before.some((other) => equal(form(element), form(other))));
    // An element that is still partly unknown has no position among those that stay: the set is told as a whole.
    if (hasUnknown(next) && right.includes(false)) return this.tell(path, "update");
    const differences: Differences = {};
    for (let index = 0; index < Math.max(left.length, right.length); index++) {
      const place = `${path}[${String(index)}]`;
      const [mine, theirs] = [before[index], after[index]];
      if (left[index] && right[index] && mine && theirs) {
        Object.assign(differences, this.fields(property, mine, theirs, place));
      } else if (left[index]) Object.assign(differences, this.tell(place, "delete"));
      else if (right[index]) Object.assign(differences, this.tell(place, "add"));
    }
    return differences;
  }

  private tell(path: string, change: Change): Differences {
    return { [path]: { kind: this.replaces ? `${change}-replace` : change } };
  }
}
