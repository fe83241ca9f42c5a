// SPDX-License-Identifier: Apache-2.0

/**
 * A value that exists only while resources are being made: an address, a VLAN number, a generated password.
 * Plans and renders name it; {@link resolveText} puts it in, at the one place that sees `pulumi.Output`s.
 */
export interface Reference {
  readonly ref: string;
  readonly secret: boolean;
}

/** Text with references in it. A plain string is text without any. */
export type Text = string | TextTemplate;

/** Literal pieces and references, in order. */
export interface TextTemplate {
  readonly parts: readonly (string | Reference)[];
}

/** Names a value that is known later, e.g. `ref("fe.publicAddress")`. */
export function ref(name: string): Reference {
  return { ref: name, secret: false };
}

/** Names a value that is known later and must never be shown, e.g. `secretRef("db.password")`. */
export function secretRef(name: string): Reference {
  return { ref: name, secret: true };
}

/**
 * Template tag that keeps references apart from text.
 *
 * @example
 * text`PASSWD = "${secretRef("db.password")}"`
 */
export function text(strings: TemplateStringsArray, ...values: (string | number | Reference | TextTemplate)[]): Text {
  const parts: (string | Reference)[] = [];
  strings.forEach((literal, index) => {
    if (literal !== "") parts.push(literal);
    const value = values[index];
    if (value === undefined) return;
    if (typeof value === "object" && "parts" in value) parts.push(...value.parts);
    else parts.push(typeof value === "number" ? String(value) : value);
  });
  return parts.every((part): part is string => typeof part === "string") ? parts.join("") : { parts };
}

/** Every reference in a value of any shape, each once, in order of first appearance. */
export function referencesOf(value: unknown): Reference[] {
  const found = new Map<string, Reference>();
  const walk = (node: unknown): void => {
    if (Array.isArray(node)) node.forEach(walk);
    else if (isReference(node)) found.set(node.ref, node);
    else if (node !== null && typeof node === "object") Object.values(node).forEach(walk);
  };
  walk(value);
  return [...found.values()];
}

/** True for what {@link ref} and {@link secretRef} return. */
export function isReference(value: unknown): value is Reference {
  return typeof value === "object" && value !== null && "ref" in value && "secret" in value;
}

/**
 * Puts values in the place of references.
 *
 * @param lookup - returns the value for a reference; throws if there is none.
 */
export function resolveText(value: Text, lookup: (reference: Reference) => string): string {
  if (typeof value === "string") return value;
  return value.parts.map((part) => (typeof part === "string" ? part : lookup(part))).join("");
}

/** How a preview prints text: `<fe.publicAddress>`, `<secret db.password>`. */
export function previewText(value: Text): string {
  return resolveText(value, (reference) => (reference.secret ? `<secret ${reference.ref}>` : `<${reference.ref}>`));
}
