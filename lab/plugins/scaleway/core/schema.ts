// SPDX-License-Identifier: Apache-2.0
import type { PropertyValue } from "../../../../provider/grpc/provider";

/**
 * Description of a resource's properties, in the vocabulary of the real provider (which is a bridged Terraform provider): what
 * is required, what the cloud fills in, what replaces, which texts mean the same. The generic code in this folder derives
 * Check, Diff, the preview and the stored state from it; a resource's own file only adds its API calls.
 */
export interface Property {
  kind: "string" | "bool" | "int" | "list" | "set" | "block" | "blockSet" | "object";
  required?: boolean;
  optional?: boolean;
  /** The cloud gives a value when the program gives none. */
  computed?: boolean;
  default?: string | boolean | number;
  /** Check writes the default into the inputs, as the real provider does with some. */
  fillsDefault?: boolean;
  /** An import tells the value among the inputs even where it is the default. */
  importsDefault?: boolean;
  forceNew?: boolean;
  secret?: boolean;
  /** Check fills it with `<resource name>-<7 hex digits>`. */
  autoName?: boolean;
  /** The real provider's internal name, where it is not the snake case of ours; its messages use it. */
  internalName?: string;
  /** Of the elements of a list or set of plain values. */
  element?: ElementRules;
  /** Of a block, a set of blocks or a single nested object. */
  fields?: Schema;
  rules?: ElementRules;
  /** Other properties that may not be given together with this one. */
  conflictsWith?: string[];
  /** Of these (this one included) exactly one must be given. */
  exactlyOneOf?: string[];
  /** Told by the object only: a planned create does not show it, although the program gives it. */
  unplanned?: boolean;
  /** The form in which the state holds a given value, where the real provider stores another one than the program gives. */
  stored?: (value: string) => string;
  /** A set of blocks: what makes two elements the same one. */
  identity?: (element: Record<string, PropertyValue>) => string;
}

/** Rules about one plain value. */
export interface ElementRules {
  /** Text of the refusal, or undefined; `name` is the real provider's path of the value. */
  refuse?: (value: string, name: string) => string | undefined;
  /** Text of a warning that does not stop the run. */
  warn?: (value: string, name: string) => string | undefined;
  /** True when a change from `old` to `next` is none (the real provider's suppressed difference). */
  same?: (old: string, next: string, defaults: ProviderDefaults) => boolean;
}

export type Schema = Readonly<Record<string, Property>>;

/** What a resource takes from the provider where the program is silent. */
export interface ProviderDefaults {
  region: string;
  zone: string;
  projectId: string;
  organizationId: string;
}

/** `sshKeyIds` -> `ssh_key_ids`, `isIpv6` -> `is_ipv6`. */
export function snakeCase(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

export function internalName(name: string, property: Property | undefined): string {
  return property?.internalName ?? snakeCase(name);
}

export function isInput(property: Property): boolean {
  return property.required === true || property.optional === true;
}

export function isCollection(property: Property): boolean {
  return property.kind === "list" || property.kind === "set" || isBlock(property);
}

export function isBlock(property: Property): boolean {
  return property.kind === "block" || property.kind === "blockSet";
}

/** Names of properties whose change replaces the object, at top level. */
export function replacingNames(schema: Schema): string[] {
  return Object.keys(schema)
    .filter((name) => schema[name]?.forceNew)
    .sort();
}

// Shorthands: a resource's description stays readable as a table.
type Options = Partial<Property>;
export const given = (options: Options = {}): Property => ({ kind: "string", required: true, ...options });
export const optional = (options: Options = {}): Property => ({ kind: "string", optional: true, ...options });
export const either = (options: Options = {}): Property => ({
  kind: "string",
  optional: true,
  computed: true,
  ...options,
});
export const output = (options: Options = {}): Property => ({ kind: "string", computed: true, ...options });
export const tags: Property = { kind: "list", optional: true };
