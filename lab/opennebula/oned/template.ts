// SPDX-License-Identifier: Apache-2.0

import { cdata, elementsOf, parseXml, textOf, XmlError } from "./xml";

/** One attribute of a template: a text, or a vector of named texts. Names are upper case. */
export interface Attribute {
  name: string;
  value: string | Record<string, string>;
}
export type Template = Attribute[];

/** A text that is not a template; the message is the one the real server gives, as far as it is not noise. */
export class TemplateError extends Error {}

/**
 * Reads a template in oned's own syntax (`NAME = "value"`, `NAME = [ A = "1", B = "2" ]`) or as XML, told apart by the
 * first character. Throws {@link TemplateError}.
 */
export function parseTemplate(text: string): Template {
  return text.trimStart().startsWith("<") ? parseXmlTemplate(text) : parseText(text);
}

function parseXmlTemplate(text: string): Template {
  let root;
  try {
    root = parseXml(text.trimStart());
  } catch (error) {
    if (error instanceof XmlError) throw new TemplateError("Parse error.");
    throw error;
  }
  const template: Template = [];
  for (const element of elementsOf(root)) {
    const parts = elementsOf(element);
    const name = element.name.toUpperCase();
    if (parts.length > 0) {
      const filled = parts.filter((part) => textOf(part) !== "").map((part) => [part.name.toUpperCase(), textOf(part)]);
      template.push({ name, value: Object.fromEntries(filled) as Record<string, string> });
    } else if (element.children.length > 0) template.push({ name, value: textOf(element) });
  }
  const values = template.flatMap(({ value }) => (typeof value === "string" ? [value] : Object.values(value)));
  if (values.some((value) => value.includes("]]>"))) {
    throw new TemplateError("Error transforming the Template to XML.");
  }
  return template;
}

const TOKEN = /(?<name>[A-Za-z_]\w*)|(?<other>[^\s])/y;

function parseText(text: string): Template {
  // Values come back in CDATA sections, so their terminator cannot be stored.
  if (text.includes("]]>")) throw new TemplateError("Parse error.");
  const scanner = new Scanner(text);
  const template: Template = [];
  for (;;) {
    const name = scanner.name();
    if (name === undefined) return template;
    scanner.equals();
    if (scanner.take("[")) {
      const vector = scanner.vector();
      if (Object.keys(vector).length > 0) template.push({ name, value: vector });
    } else template.push({ name, value: scanner.value(/[^\s#]/y) });
  }
}

class Scanner {
  private at = 0;

  constructor(private readonly text: string) {}

  /** The next attribute's name in upper case, or undefined at the end. */
  name(): string | undefined {
    this.blanks();
    if (this.at >= this.text.length) return undefined;
    TOKEN.lastIndex = this.at;
    const found = TOKEN.exec(this.text)?.groups?.name;
    if (found === undefined) throw this.error("VARIABLE");
    this.at += found.length;
    return found.toUpperCase();
  }

  equals(): void {
    this.blanks();
    if (!this.take("=")) throw this.error("EQUAL or EQUAL_EMPTY");
    // `A =` at the end of a line is an empty value, so the line end must not be skipped here.
    while (this.text[this.at] === " " || this.text[this.at] === "\t") this.at++;
  }

  take(char: string): boolean {
    if (this.text[this.at] !== char) return false;
    this.at++;
    return true;
  }

  vector(): Record<string, string> {
    const vector: Record<string, string> = {};
    for (;;) {
      this.blanks();
      if (this.take("]")) return vector;
      const name = this.name();
      if (name === undefined) throw this.error("VARIABLE");
      this.equals();
      vector[name] ??= this.value(/[^\s,\]#]/y);
      this.blanks();
      if (!this.take(",") && this.text[this.at] !== "]") throw this.error("COMMA or CBRACKET");
    }
  }

  /** A value: quoted (only `\"` is an escape) or a run of characters that `bare` matches. */
  value(bare: RegExp): string {
    if (this.take('"')) return this.quoted();
    const from = this.at;
    for (;;) {
      bare.lastIndex = this.at;
      if (!bare.test(this.text)) return this.text.slice(from, this.at);
      this.at++;
    }
  }

  private quoted(): string {
    const from = this.at;
    for (;;) {
      const quote = this.text.indexOf('"', this.at);
      if (quote < 0) throw this.error("STRING");
      this.at = quote + 1;
      if (quote === from || this.text[quote - 1] !== "\\") return this.text.slice(from, quote).replaceAll('\\"', '"');
    }
  }

  private blanks(): void {
    for (;;) {
      while (/\s/.test(this.text[this.at] ?? "")) this.at++;
      if (this.text[this.at] !== "#") return;
      const end = this.text.indexOf("\n", this.at);
      this.at = end < 0 ? this.text.length : end;
    }
  }

  private error(expecting: string): TemplateError {
    const before = this.text.slice(0, this.at).split("\n");
    const column = before[before.length - 1]?.length ?? 0;
    const got = this.at >= this.text.length ? "$end" : "VARIABLE";
    return new TemplateError(
      `Parse error: syntax error, unexpected ${got}, expecting ${expecting} ` +
        `at line ${before.length - 1}, columns ${column}:${column + 1}`,
    );
  }
}

/** The first text attribute of that name. */
export function get(template: Template, name: string): string | undefined {
  const found = template.find((attribute) => attribute.name === name && typeof attribute.value === "string");
  return typeof found?.value === "string" ? found.value : undefined;
}

/** All vector attributes of that name. */
export function vectors(template: Template, name: string): Record<string, string>[] {
  return template.flatMap((a) => (a.name === name && typeof a.value !== "string" ? [a.value] : []));
}

export function without(template: Template, ...names: string[]): Template {
  return template.filter((attribute) => !names.includes(attribute.name));
}

/** Replaces every attribute of the name by one text. */
export function set(template: Template, name: string, value: string): Template {
  return [...without(template, name), { name, value }];
}

/** Merging replaces, name by name, all attributes that the new template has. */
export function merge(old: Template, added: Template): Template {
  return [...without(old, ...added.map((attribute) => attribute.name)), ...added];
}

/** Of attributes with the same name the last one, as kinds keep them that cannot hold several. */
export function lastOfEach(template: Template): Template {
  return template.filter((a, index) => !template.slice(index + 1).some(({ name }) => name === a.name));
}

/** Attributes in the order in which oned gives them back: by name, repeated ones as they were written. */
export function sorted(template: Template): Template {
  return [...template].sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
}

/** The inside of a `<TEMPLATE>` element. */
export function renderTemplate(template: Template): string {
  return sorted(template).map(renderAttribute).join("");
}

function renderAttribute({ name, value }: Attribute): string {
  if (typeof value === "string") return `<${name}>${cdata(value)}</${name}>`;
  return `<${name}>${renderVector(value)}</${name}>`;
}

/** Vectors are sorted by name too. */
export function renderVector(vector: Record<string, string>): string {
  return Object.keys(vector)
    .sort()
    .map((key) => `<${key}>${cdata(vector[key] ?? "")}</${key}>`)
    .join("");
}
