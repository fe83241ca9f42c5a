// SPDX-License-Identifier: Apache-2.0
import { InvalidValueError } from "../errors";
import { addAttribute, type Template, type TemplateVector } from "./template";

/**
 * Reads oned's template syntax as oned does: names become capitals, `\"` becomes `"` and any other backslash stays, comments start
 * with `#` where a name could stand, an empty vector vanishes.
 *
 * @throws InvalidValueError with the line of the mistake.
 */
export function parseTemplate(text: string, field = "template"): Template {
  const reader = new Reader(text.replace(/\r\n?/g, "\n"), field);
  const template: Template = {};
  for (;;) {
    reader.skip(/(?:\s|#[^\n]*)*/y);
    if (reader.done()) return template;
    const name = reader.name();
    reader.take(/[ \t]*=[ \t]*/y, "= after the name");
    const value = reader.peek("[") ? readVector(reader) : reader.value(/[^\s[\]"=,#]+/y);
    if (typeof value === "string" || Object.keys(value).length > 0) addAttribute(template, name, value);
  }
}

function readVector(reader: Reader): TemplateVector {
  const vector: TemplateVector = {};
  reader.take(/\[\s*/y, "[");
  while (!reader.peek("]")) {
    const name = reader.name();
    reader.take(/\s*=\s*/y, "= after the name");
    vector[name] = reader.value(/[^\s[\]"=,]+/y);
    reader.skip(/\s*/y);
    if (!reader.peek("]")) reader.take(/,\s*/y, ", or ]");
  }
  reader.take(/\]/y, "]");
  return vector;
}

class Reader {
  private position = 0;

  constructor(
    private readonly text: string,
    private readonly field: string,
  ) {}

  done(): boolean {
    return this.position >= this.text.length;
  }

  peek(character: string): boolean {
    return this.text.startsWith(character, this.position);
  }

  skip(pattern: RegExp): void {
    this.match(pattern);
  }

  take(pattern: RegExp, wanted: string): string {
    const found = this.match(pattern);
    if (found === undefined) throw this.expected(wanted);
    return found;
  }

  name(): string {
    return this.take(/[A-Za-z_][A-Za-z0-9_]*/y, "a name").toUpperCase();
  }

  value(unquoted: RegExp): string {
    if (!this.peek('"')) return this.match(unquoted) ?? "";
    const quoted = this.take(/"(?:\\[^]|[^"\\])*"/y, 'a closing "');
    return quoted.slice(1, -1).replace(/\\([^])/g, (pair, next: string) => (next === '"' ? '"' : pair));
  }

  private match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.position;
    const found = pattern.exec(this.text)?.[0];
    if (found !== undefined) this.position += found.length;
    return found;
  }

  private expected(wanted: string): InvalidValueError {
    const line = this.text.slice(0, this.position).split("\n").length;
    return new InvalidValueError(this.field, `expected ${wanted} in line ${line}`);
  }
}
