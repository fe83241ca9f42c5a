// SPDX-License-Identifier: Apache-2.0
import type { XmlElement } from "../xml";

/** Attributes in brackets: `NIC = [ NETWORK = "private", MODEL = "virtio" ]`. oned has no deeper nesting. */
export type TemplateVector = Record<string, string>;

export type TemplateValue = string | TemplateVector;

/** A template: names in capitals, as oned keeps them. A list means a repeated attribute. */
export type Template = Record<string, TemplateValue | TemplateValue[]>;

/** The template in an answer, e.g. the `TEMPLATE` element of a host. */
export function templateFromXml(element: XmlElement | undefined): Template {
  const template: Template = {};
  for (const child of element?.children ?? []) {
    addAttribute(template, child.name, child.isLeaf ? child.text : vectorFromXml(child.children));
  }
  return template;
}

/** The attributes that are the elements. A loop, because a pool has ten thousand of them. */
export function vectorFromXml(elements: readonly XmlElement[]): TemplateVector {
  const vector: TemplateVector = {};
  for (const { name, text } of elements) vector[name] = text;
  return vector;
}

/** Adds a value, making a list where the name is there already. */
export function addAttribute(template: Template, name: string, value: TemplateValue): void {
  const there = Object.hasOwn(template, name) ? template[name] : undefined;
  if (there === undefined) template[name] = value;
  else if (Array.isArray(there)) there.push(value);
  else template[name] = [there, value];
}

/** The values of an attribute as a list; empty if there is none. Names are not case-sensitive. */
export function attributeValues(template: Template, name: string): TemplateValue[] {
  const key = name.toUpperCase();
  const value = Object.hasOwn(template, key) ? template[key] : undefined;
  if (value === undefined) return [];
  return Array.isArray(value) ? value : [value];
}

/** The first text value of an attribute, if there is one. */
export function attributeText(template: Template, name: string): string | undefined {
  return attributeValues(template, name).find((value): value is string => typeof value === "string");
}

/** The vectors of an attribute, e.g. all `NIC = [ ... ]`. */
export function attributeVectors(template: Template, name: string): TemplateVector[] {
  return attributeValues(template, name).filter((value): value is TemplateVector => typeof value === "object");
}
