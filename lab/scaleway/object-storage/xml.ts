// SPDX-License-Identifier: Apache-2.0

export type XmlValue = string | number | boolean | XmlFields | (string | XmlFields)[] | undefined;
export interface XmlFields {
  [name: string]: XmlValue;
}

const NAMESPACE = "http://s3.amazonaws.com/doc/2006-03-01/";

/** A document without declaration; lists repeat their element. */
export function xml(name: string, value: XmlValue): string {
  if (value === undefined) return "";
  if (Array.isArray(value)) return value.map((item) => xml(name, item)).join("");
  if (typeof value === "object") return `<${name}>${children(value)}</${name}>`;
  return `<${name}>${escaped(String(value))}</${name}>`;
}

/** An answer as S3 sends it: declaration and namespace. */
export function xmlAnswer(name: string, fields: XmlFields): string {
  return `<?xml version="1.0" encoding="UTF-8"?><${name} xmlns="${NAMESPACE}">${children(fields)}</${name}>`;
}

function children(fields: XmlFields): string {
  return Object.entries(fields)
    .map(([key, item]) => xml(key, item))
    .join("");
}

function escaped(text: string): string {
  // Keys may hold anything; a control character would make the document unreadable.
  return text.replace(/[&<>"\u0000-\u001f]/g, (character) => `&#${character.charCodeAt(0)};`);
}

/** The texts of every element of this name in a small document of a client. */
export function textsOf(document: string, name: string): string[] {
  const found = document.matchAll(new RegExp(`<${name}(?:\\s[^>]*)?>([\\s\\S]*?)</${name}>`, "g"));
  return [...found].map((match) => match[1] ?? "");
}

/** The text between two tags as what it means. */
export function unescaped(text: string): string {
  const names: Record<string, string> = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'" };
  return text.replace(/&(#x?[0-9a-f]+|amp|lt|gt|quot|apos);/gi, (_, entity: string) => {
    if (!entity.startsWith("#")) return names[entity] ?? "";
    const hexadecimal = /^#x/i.test(entity);
    return String.fromCodePoint(Number.parseInt(entity.slice(hexadecimal ? 2 : 1), hexadecimal ? 16 : 10));
  });
}
