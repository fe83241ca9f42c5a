// SPDX-License-Identifier: Apache-2.0

/** Properties as attributes of oned's templates and back, as their definitions say. */
import type { Template, TemplateValue, TemplateVector, XmlElement } from "../../opennebula";
import { templateFromXml } from "../../opennebula";
import type { Properties, PropertyDefinition } from "../definition";
import { isMap } from "../check";
import type { PropertyMap, PropertyValue } from "../grpc/provider";
import { asText, itemsOf, open } from "./values";

/** Template attribute that tells which resource of which stack an object belongs to. */
export const MARKER = "PULUMI_URN";

/** One attribute that a property stands for. */
export interface Entry {
  attribute: string;
  definition: PropertyDefinition;
  value: PropertyValue;
}

/** A free attribute inside a map: any text, vector, or list of them. */
const FREE: PropertyDefinition = { type: "template", description: "" };

/** Every attribute that the properties set, the members of free maps and of flat objects included. Secrets are opened. */
export function entriesOf(properties: Properties, values: PropertyMap): Entry[] {
  return Object.entries(properties).flatMap(([name, definition]): Entry[] => {
    const value = open(values[name]);
    if (value === undefined || value === null) return [];
    if (definition.attribute !== undefined) return [{ attribute: definition.attribute, definition, value }];
    if (definition.read !== undefined || definition.apply !== undefined || !isMap(value)) return [];
    if (definition.type === "object") return entriesOf(definition.fields ?? {}, value);
    if (definition.type !== "template" && definition.type !== "stringMap") return [];
    return Object.entries(value).flatMap(([key, one]) => {
      const text = open(one);
      return text === undefined || text === null
        ? []
        : [{ attribute: key.toUpperCase(), definition: FREE, value: text }];
    });
  });
}

/** The template that stands for the properties. References must be resolved. */
export function toTemplate(properties: Properties, values: PropertyMap): Template {
  return Object.fromEntries(entriesOf(properties, values).map((entry) => [entry.attribute, toAttribute(entry)]));
}

/** What an entry is in the template. */
export function toAttribute({ definition, value }: Pick<Entry, "definition" | "value">): Template[string] {
  if (definition.type === "object" && isMap(value)) return toVector(definition.fields ?? {}, value);
  const items = definition.type === "list" ? itemsOf(definition) : undefined;
  if (items?.type === "object" && Array.isArray(value)) {
    return value.map((one) => toVector(items.fields ?? {}, open(one) as PropertyMap));
  }
  if (definition.form === "repeated" && Array.isArray(value)) {
    return value.map((one) => toText(itemsOf(definition), open(one) as PropertyValue));
  }
  if (definition === FREE || definition.type === "stringMap" || definition.type === "template") return toFree(value);
  return toText(definition, value);
}

/** A vector such as `NIC = [ ... ]`. */
export function toVector(fields: Properties, values: PropertyMap): TemplateVector {
  const entries = entriesOf(fields, values).map((entry) => [entry.attribute, textOf(toAttribute(entry))]);
  return Object.fromEntries(entries) as TemplateVector;
}

function toFree(value: PropertyValue): Template[string] {
  const plain = open(value);
  if (Array.isArray(plain)) return plain.map((one) => toFree(one) as TemplateValue);
  if (!isMap(plain)) return asText(plain);
  return Object.fromEntries(
    Object.entries(plain).map(([name, one]) => [name.toUpperCase(), String(open(one) as string)]),
  );
}

/** A scalar or a list of scalars as oned writes it. */
function toText(definition: PropertyDefinition, value: PropertyValue): string {
  if (Array.isArray(value)) {
    const separator = definition.form === "blanks" ? " " : ",";
    return value.map((one) => toText(itemsOf(definition), open(one) as PropertyValue)).join(separator);
  }
  if (typeof value === "boolean") {
    if (definition.form === "bit") return value ? "1" : "0";
    return value ? "YES" : "NO";
  }
  return definition.type === "json" ? JSON.stringify(value) : asText(value);
}

/**
 * What a template says of the properties; those that it lacks are left out. A free map gets every attribute that no other property
 * stands for.
 */
export function fromTemplate(properties: Properties, template: Template): PropertyMap {
  const values: PropertyMap = {};
  const claimed = claimedBy(properties);
  for (const [name, definition] of Object.entries(properties)) {
    const value = fromAttribute(definition, template, claimed);
    if (value !== undefined) values[name] = value;
  }
  return values;
}

function fromAttribute(
  definition: PropertyDefinition,
  template: Template,
  claimed: Set<string>,
): PropertyValue | undefined {
  if (definition.read !== undefined) return undefined;
  if (definition.attribute !== undefined) {
    const found = Object.hasOwn(template, definition.attribute) ? template[definition.attribute] : undefined;
    return found === undefined ? undefined : fromFound(definition, found);
  }
  if (definition.apply !== undefined) return undefined;
  if (definition.type === "object") {
    const fields = fromTemplate(definition.fields ?? {}, template);
    return Object.keys(fields).length === 0 ? undefined : fields;
  }
  if (definition.type !== "template" && definition.type !== "stringMap") return undefined;
  return Object.fromEntries(Object.entries(template).filter(([name]) => !claimed.has(name)));
}

/** The value of one attribute. */
export function fromFound(definition: PropertyDefinition, found: Template[string]): PropertyValue | undefined {
  const list = Array.isArray(found) ? found : [found];
  const items = definition.type === "list" ? itemsOf(definition) : undefined;
  if (items?.type === "object") {
    return list.flatMap((one) => (typeof one === "string" ? [] : [fromTemplate(items.fields ?? {}, one)]));
  }
  if (definition.form === "repeated") return list.filter((one) => typeof one === "string");
  const last = list.at(-1);
  if (definition.type === "object")
    return typeof last === "object" ? fromTemplate(definition.fields ?? {}, last) : undefined;
  if (definition.type === "stringMap" || definition.type === "template") {
    return Array.isArray(found) && definition.type === "template" ? found : last;
  }
  return typeof last === "string" ? fromText(definition, last) : undefined;
}

/** A property's value from oned's text; an empty text is no value, for oned shows fields that nobody has set as empty. */
export function fromText(definition: PropertyDefinition, text: string): PropertyValue | undefined {
  if (text === "") return undefined;
  switch (definition.type) {
    case "integer":
    case "number":
      return Number.isNaN(Number(text)) ? text : Number(text);
    case "boolean":
      return /^(?:yes|1|true)$/i.test(text);
    case "list":
      return text
        .split(definition.form === "blanks" ? /\s+/ : ",")
        .map((one) => fromText(itemsOf(definition), one.trim()))
        .filter((one) => one !== undefined);
    case "json":
      return fromJson(text);
    default:
      return text;
  }
}

function fromJson(text: string): PropertyValue {
  try {
    return JSON.parse(text) as PropertyValue;
  } catch {
    return text;
  }
}

/** Attributes that a property of their own stands for, and those that are this provider's. */
export function claimedBy(properties: Properties): Set<string> {
  const own = Object.values(properties).flatMap(({ attribute, type, fields, read, apply }) => {
    if (attribute !== undefined) return [attribute];
    return type === "object" && read === undefined && apply === undefined ? [...claimedBy(fields ?? {})] : [];
  });
  return new Set([MARKER, ...own]);
}

/** The template of an object as oned answers with it. */
export function templateOf(object: XmlElement, element = "TEMPLATE"): Template {
  return templateFromXml(element === "." ? object : object.child(element));
}

function textOf(value: Template[string]): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}
