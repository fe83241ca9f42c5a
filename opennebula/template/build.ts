// SPDX-License-Identifier: Apache-2.0
import { refusedCharacter } from "../characters";
import { InvalidValueError } from "../errors";
import type { Template, TemplateValue } from "./template";

/**
 * Writes a template in oned's own syntax, one attribute a line.
 *
 * @param field - how the template is called in errors.
 * @throws InvalidValueError for the first value that oned cannot store; {@link templateMistakes} tells all of them.
 */
export function buildTemplate(template: Template, field = "template"): string {
  const [mistake] = templateMistakes(template, field);
  if (mistake !== undefined) throw mistake;
  return Object.entries(template)
    .flatMap(([name, value]) => (Array.isArray(value) ? value : [value]).map((one) => `${name} = ${write(one)}`))
    .join("\n");
}

/** What oned would refuse, lose or change silently, each with its path. Names may be in any case: oned makes them capitals. */
export function templateMistakes(template: Template, field = "template"): InvalidValueError[] {
  return Object.entries(template).flatMap(([name, value]) => {
    const path = `${field}.${name}`;
    if (!Array.isArray(value)) return [...nameMistakes(name, path), ...valueMistakes(value, path)];
    return [...nameMistakes(name, path), ...value.flatMap((one, index) => valueMistakes(one, `${path}[${index}]`))];
  });
}

function valueMistakes(value: TemplateValue, path: string): InvalidValueError[] {
  if (typeof value === "string") return textMistakes(value, path);
  const entries = Object.entries(value);
  if (entries.length === 0) return [new InvalidValueError(path, "is an empty vector, which oned drops; leave it out")];
  return entries.flatMap(([name, text]) => {
    const inner = `${path}.${name}`;
    return [...nameMistakes(name, inner), ...textMistakes(text, inner)];
  });
}

function nameMistakes(name: string, path: string): InvalidValueError[] {
  if (/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) return [];
  return [new InvalidValueError(path, "is not a name that oned accepts: letters, digits and _, no digit first")];
}

function textMistakes(value: string, path: string): InvalidValueError[] {
  const refused = refusedCharacter(value);
  if (refused !== undefined) return [new InvalidValueError(path, `holds ${refused}, which oned refuses; remove it`)];
  if (value.includes("]]>"))
    return [new InvalidValueError(path, 'holds "]]>", which oned cannot store; write it differently')];
  if (value.includes("\r")) {
    return [
      new InvalidValueError(path, "holds a carriage return, which oned turns into a line feed; use line feeds only"),
    ];
  }
  // `\"` is the only escape and a backslash has none of its own, so an odd run of them would swallow the quote after it.
  if (/(?<!\\)(?:\\\\)*\\(?:"|$)/.test(value)) {
    const rule = "has an odd number of backslashes before a quote or at its end, which oned's syntax cannot express";
    return [new InvalidValueError(path, `${rule}; add or drop one`)];
  }
  return [];
}

function write(value: TemplateValue): string {
  if (typeof value === "string") return quote(value);
  const entries = Object.entries(value).map(([name, text]) => `${name} = ${quote(text)}`);
  return `[ ${entries.join(", ")} ]`;
}

function quote(value: string): string {
  return `"${value.replaceAll('"', '\\"')}"`;
}
