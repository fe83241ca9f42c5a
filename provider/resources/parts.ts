// SPDX-License-Identifier: Apache-2.0

/** Objects inside other objects: address ranges of a network, servers of a zone. Matched by id, never by position. */
import { buildTemplate, XmlElement, type Template, type TemplateVector } from "../../opennebula";
import type { PropertyMap, PropertyValue } from "../grpc/provider";
import { findObject, markerOf, send, sendOnce } from "../framework/calls";
import type { Candidate, Kind } from "../framework/kind";
import { markerValue } from "../framework/register";
import type { ResourceCall } from "../resource";
import { asText } from "../framework/values";

/** Element that tells a part whose it is; oned has none. */
export const PARENT = "PARENT_ID";

export function parentId(object: XmlElement): PropertyValue | undefined {
  return object.value(PARENT);
}

interface PartRules {
  parent: { api: string; property: string };
  /** Name of the vector in the calls' templates. */
  vector: string;
  idElement: string;
  list(parent: XmlElement): XmlElement[];
  /** Of parts without a marker: it is the wished one. */
  isSame?(part: XmlElement, wish: PropertyMap): boolean;
  /** Methods. */
  add: string;
  update?: string;
  remove: string;
  /** Attributes that oned works out and that no call takes. */
  computed?: readonly string[];
}

/** Api, id and calls of a kind whose objects are parts; the id is `<parent>:<part>`. */
export function partOf(rules: PartRules): Pick<Kind, "api" | "templateElement" | "unique" | "idPattern" | "calls"> {
  const { parent, idElement } = rules;
  const partsOf = async (call: ResourceCall, id: string): Promise<Candidate[]> => {
    const object = await findObject(call, parent.api, id);
    return (object === undefined ? [] : rules.list(object)).map((part) => ({
      id: `${id}:${part.value(idElement)}`,
      object: withValue(part, PARENT, id),
    }));
  };
  const wished = async (call: ResourceCall, wish: PropertyMap): Promise<Candidate[]> => {
    const mark = markerValue(call.resource.urn);
    const isWished = (part: XmlElement): boolean => rules.isSame?.(part, wish) ?? markerOf(part, ".") === mark;
    return (await partsOf(call, asText(wish[parent.property]))).filter(({ object }) => isWished(object));
  };
  return {
    api: parent.api,
    templateElement: ".",
    unique: false,
    idPattern: /^\d{1,9}:\d{1,9}$/,
    calls: {
      find: async (call, id) => (await partsOf(call, split(id)[0])).find((one) => one.id === id)?.object,
      candidates: wished,
      allocate: async (call, wish, template) => {
        const owner = asText(wish[parent.property]);
        const before = new Set((await wished(call, wish)).map(({ id }) => id));
        const text = buildTemplate({ [rules.vector]: template as TemplateVector });
        await sendOnce(call, rules.add, [Number(owner), text]);
        // The call answers the parent's id.
        const made = (await wished(call, wish)).find(({ id }) => !before.has(id));
        if (made === undefined)
          throw new Error(`${rules.add} succeeded, but ${parent.property} ${owner} shows nothing new`);
        return made.id;
      },
      update: async (call, id, { whole }) => {
        const [owner, part] = split(id);
        if (rules.update === undefined) throw new Error(`${rules.vector} ${id} cannot be changed`);
        const vector = partVector(whole, rules.computed ?? []);
        const text = buildTemplate({ [rules.vector]: { ...vector, [idElement]: part } });
        await send(call, rules.update, [Number(owner), text]);
      },
      remove: async (call, id) => {
        const [owner, part] = split(id);
        await send(call, rules.remove, [Number(owner), Number(part)]);
      },
    },
  };
}

/** What a call about a part takes of its attributes. */
function partVector(whole: Template, computed: readonly string[]): TemplateVector {
  const entries = Object.entries(whole).filter(([name, value]) => {
    return typeof value === "string" && name !== PARENT && !computed.includes(name);
  });
  return Object.fromEntries(entries) as TemplateVector;
}

/** Parent and part of an id. */
export function split(id: string): [string, string] {
  const [owner = "", part = ""] = id.split(":");
  return [owner, part];
}

/** A copy of the object with a value that oned tells elsewhere. */
export function withValue(object: XmlElement, name: string, value: string): XmlElement {
  const copy = new XmlElement(object.name);
  const added = new XmlElement(name);
  added.text = value;
  copy.children.push(...object.children, added);
  return copy;
}
