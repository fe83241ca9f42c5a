// SPDX-License-Identifier: Apache-2.0
import { UNKNOWN } from "../../../../provider/grpc/provider";
import type { PropertyMap, PropertyValue } from "../../../../provider/grpc/provider";
import { isBlock, isCollection, isInput } from "./schema";
import type { Property, ProviderDefaults, Schema } from "./schema";
import { at, equal, isEmptyCollection, isObject, objects, text } from "./values";

/**
 * What an object will look like after an update or a create, as far as it is known before the call: the wanted values where
 * the program gives some, the stored ones where the cloud decides, UNKNOWN where only the cloud will know.
 *
 * @param prior the stored properties, undefined for a create.
 * @param wanted the checked inputs.
 */
export function plan(
  schema: Schema,
  prior: PropertyMap | undefined,
  wanted: PropertyMap,
  defaults: ProviderDefaults,
): PropertyMap {
  return new Planner(defaults).fields(schema, prior, wanted);
}

class Planner {
  constructor(private readonly defaults: ProviderDefaults) {}

  fields(schema: Schema, prior: PropertyMap | undefined, wanted: PropertyMap): PropertyMap {
    const planned: PropertyMap = {};
    for (const [name, property] of Object.entries(schema)) {
      const want = wanted[name] ?? property.default ?? null;
      planned[name] = this.value(property, prior === undefined ? undefined : at(prior, name), want);
    }
    return planned;
  }

  private value(property: Property, old: PropertyValue | undefined, want: PropertyValue): PropertyValue {
    if (want === UNKNOWN) return want;
    if (property.kind === "object") return this.nested(property, old, want);
    if (isCollection(property)) return this.collection(property, old, want);
    return this.scalar(property, old, want);
  }

  private scalar(property: Property, old: PropertyValue | undefined, want: PropertyValue): PropertyValue {
    if (old === undefined) return want === null && property.computed ? UNKNOWN : storedForm(property, want);
    if (want === null) {
      if (property.computed || isZero(old) || this.same(property, old, "")) return old;
      return null;
    }
    return this.same(property, old, want) ? old : storedForm(property, want);
  }

  private same(property: Property, old: PropertyValue, want: PropertyValue): boolean {
    if (old === want) return true;
    const rule = property.rules?.same;
    if (rule === undefined || old === UNKNOWN || want === UNKNOWN) return false;
    return rule(typeof old === "string" ? old : "", typeof want === "string" ? want : "", this.defaults);
  }

  private nested(property: Property, old: PropertyValue | undefined, want: PropertyValue): PropertyValue {
    if (!isObject(want)) {
      if (old === undefined || old === null) return property.computed ? UNKNOWN : null;
      return property.computed ? old : null;
    }
    return this.fields(property.fields ?? {}, isObject(old) ? old : undefined, want);
  }

  private collection(property: Property, old: PropertyValue | undefined, want: PropertyValue): PropertyValue {
    if (!Array.isArray(want)) return this.unwanted(property, old);
    if (old !== undefined && want.length === 0 && isEmptyCollection(old)) return old;
    const before = Array.isArray(old) ? old : [];
    if (property.kind === "blockSet") return this.blockSet(property, before, want);
    if (property.kind === "block") {
      return want.map((entry, index) => {
        const stored = before[index];
        if (!isObject(entry)) return entry;
        return this.fields(property.fields ?? {}, isObject(stored) ? stored : undefined, entry);
      });
    }
    const element: Property = { kind: "string", required: true, rules: property.element };
    if (want.includes(UNKNOWN)) return UNKNOWN;
    if (property.kind === "list") {
      return want.map((entry, index) => {
        const stored = before[index];
        return stored !== undefined && this.same(element, stored, entry) ? stored : entry;
      });
    }
    const members = want.map((entry) => before.find((stored) => this.same(element, stored, entry)) ?? entry);
    return [...new Set(members)].sort(byText);
  }

  private unwanted(property: Property, old: PropertyValue | undefined): PropertyValue {
    if (property.computed) {
      if (old === undefined) return UNKNOWN;
      // A list that was never filled (a create that broke off) is still to be told by the cloud, unless the program could.
      if (old === null) return isBlock(property) && isInput(property) ? [] : UNKNOWN;
      return old;
    }
    if (old === undefined) return isBlock(property) ? [] : null;
    return isEmptyCollection(old) ? old : [];
  }

  private blockSet(property: Property, before: PropertyValue[], want: PropertyValue[]): PropertyValue {
    const identity = property.identity ?? ((element: PropertyMap) => JSON.stringify(element));
    const fields = property.fields ?? {};
    const planned = want.map((entry) => {
      if (!isObject(entry)) return entry;
      const key = identity(entry);
      const stored = objects(before).find((candidate) => identity(candidate) === key);
      return this.fields(fields, stored, entry);
    });
    const stays = before.length === planned.length && planned.every((entry) => before.some((old) => equal(old, entry)));
    // Where one element changes, all of them are written anew, in the form in which the state holds them.
    return stays ? before : planned.map((entry) => (isObject(entry) ? inStoredForm(fields, entry) : entry));
  }
}

/** An element of a set with its values as the state holds them. */
export function inStoredForm(fields: Schema, element: PropertyMap): PropertyMap {
  return Object.fromEntries(
    Object.entries(element).map(([name, value]) => {
      const property = fields[name];
      return [name, property ? storedForm(property, value) : value];
    }),
  );
}

function storedForm(property: Property, value: PropertyValue): PropertyValue {
  return property.stored && typeof value === "string" ? property.stored(value) : value;
}

function isZero(value: PropertyValue): boolean {
  return value === null || value === "" || value === false || value === 0;
}

function byText(a: PropertyValue, b: PropertyValue): number {
  const [left, right] = [text(a), text(b)];
  return left < right ? -1 : left > right ? 1 : 0;
}

/** Whether planning changed a top-level property; what only the cloud will know is no change to make. */
export function changed(prior: PropertyMap, planned: PropertyMap, name: string): boolean {
  const old = at(prior, name);
  const next = at(planned, name);
  if (next === UNKNOWN || (isEmptyCollection(old) && isEmptyCollection(next))) return false;
  return !equal(old, next);
}
