// SPDX-License-Identifier: Apache-2.0

/** Properties that point at other objects by name or id. */
import type { Properties, PropertyDefinition, ReferenceKind } from "../definition";
import { isMap } from "../check";
import { Secret, type PropertyMap, type PropertyValue } from "../grpc/provider";
import { reveal } from "../grpc/values";
import type { ResourceCall } from "../resource";
import { listObjects, wordOf } from "./calls";
import { itemsOf, member } from "./values";

/** What to do with a name that nothing bears: an error for a change, the name itself where the state is only being read. */
export type Missing = "refuse" | "keep";

/** The values with every reference replaced by what `visit` makes of it. */
function visitReferences(
  properties: Properties,
  values: PropertyMap,
  visit: (kind: ReferenceKind, text: string) => string,
): PropertyMap {
  const one = (definition: PropertyDefinition, value: PropertyValue): PropertyValue => {
    if (value instanceof Secret) return new Secret(one(definition, value.value));
    if (definition.reference !== undefined && typeof value === "string") return visit(definition.reference, value);
    if (Array.isArray(value)) return value.map((member) => one(itemsOf(definition), member));
    return isMap(value) && definition.fields !== undefined ? visitReferences(definition.fields, value, visit) : value;
  };
  const entries = Object.entries(values).map(([name, value]): [string, PropertyValue] => {
    const definition = Object.hasOwn(properties, name) ? properties[name] : undefined;
    return [name, definition === undefined ? value : one(definition, value)];
  });
  return Object.fromEntries(entries);
}

/** The output in which an import keeps {@link References.names}. */
export const NAMES = "__names";

/** The values with names as ids, as far as the state of an import knows them. */
export function knownIds(properties: Properties, values: PropertyMap, names: PropertyValue | undefined): PropertyMap {
  if (!isMap(names)) return values;
  return visitReferences(properties, values, (kind, text) => {
    const id = member(names[kind], text);
    return typeof id === "string" ? id : text;
  });
}

interface Place {
  path: string;
  missing: Missing;
}

/** oned's number for all objects of a kind. */
const ALL = "-10";

/** Looks names up; each pool is read once at most. */
export class References {
  private readonly pools = new Map<ReferenceKind, Promise<{ id: string; name: string }[]>>();

  constructor(private readonly call: ResourceCall) {}

  /**
   * The values with every reference as the id's text, and without secret wrappers.
   *
   * @param path - of the values, with a dot at its end.
   * @throws Error naming the property, the name and what there is.
   */
  async resolve(
    properties: Properties,
    values: PropertyMap,
    missing: Missing = "refuse",
    path = "",
  ): Promise<PropertyMap> {
    const result: PropertyMap = {};
    for (const [name, value] of Object.entries(values)) {
      const definition = Object.hasOwn(properties, name) ? properties[name] : undefined;
      const plain = reveal(value);
      result[name] =
        definition === undefined ? plain : await this.one(definition, plain, { missing, path: `${path}${name}` });
    }
    return result;
  }

  /**
   * Names of the objects that the values point at, by kind and id: an imported state knows ids only, and a program may say names.
   */
  async names(properties: Properties, values: PropertyMap): Promise<PropertyMap> {
    const kinds = new Map<ReferenceKind, Set<string>>();
    visitReferences(properties, values, (kind, id) => {
      kinds.set(kind, (kinds.get(kind) ?? new Set()).add(id));
      return id;
    });
    const result: PropertyMap = {};
    for (const [kind, ids] of kinds) {
      const members = (await this.pool(kind)).filter(({ id }) => ids.has(id));
      result[kind] = Object.fromEntries(members.map(({ id, name }) => [name, id]));
    }
    return result;
  }

  private async one(definition: PropertyDefinition, value: PropertyValue, at: Place): Promise<PropertyValue> {
    if (definition.type === "object" && isMap(value)) {
      return this.resolve(definition.fields ?? {}, value, at.missing, `${at.path}.`);
    }
    if (definition.type === "list" && Array.isArray(value)) {
      const items = itemsOf(definition);
      const members: PropertyValue[] = [];
      for (const [index, member] of value.entries()) {
        members.push(await this.one(items, member, { ...at, path: `${at.path}[${index}]` }));
      }
      return members;
    }
    if (definition.reference === undefined || typeof value !== "string") return value;
    return value === definition.all ? ALL : this.id(definition.reference, value, at);
  }

  private async id(kind: ReferenceKind, text: string, { path, missing }: Place): Promise<string> {
    if (/^\d+$/.test(text)) return String(Number(text));
    const members = await this.pool(kind);
    const found = members.filter(({ name }) => name === text);
    const [first] = found;
    if (first !== undefined && found.length === 1) return first.id;
    if (missing === "keep") return text;
    if (first !== undefined) {
      const all = found.map(({ id }) => id).join(", ");
      throw new Error(`${path}: there are several ${wordOf(kind)}s "${text}" (id ${all}); give the id instead`);
    }
    const names = members.map(({ name }) => name);
    const shown = names.length > 20 ? `${names.slice(0, 20).join(", ")}, ...` : names.join(", ");
    const there = names.length === 0 ? "there is none at all" : `there are ${shown}`;
    throw new Error(`${path}: there is no ${wordOf(kind)} "${text}"; ${there}`);
  }

  private async pool(kind: ReferenceKind): Promise<{ id: string; name: string }[]> {
    const known = this.pools.get(kind);
    if (known !== undefined) return known;
    const members = listObjects(this.call, kind).then((objects) =>
      objects.map((object) => ({ id: object.value("ID"), name: object.value("NAME") })),
    );
    this.pools.set(kind, members);
    return members;
  }
}
