// SPDX-License-Identifier: Apache-2.0
import { TransportError, TransportFailure } from "./errors";

/** An element of oned's documents, which have neither attributes nor text beside elements. Values stay text. */
export class XmlElement {
  /** All text and CDATA inside; meaningless when there are children. */
  text = "";
  private inner: XmlElement[] | undefined;

  constructor(readonly name: string) {}

  get children(): XmlElement[] {
    // Most elements are leaves: a list for each would cost a third of the parsing.
    this.inner ??= [];
    return this.inner;
  }

  /** True if there are no elements inside. */
  get isLeaf(): boolean {
    return this.inner === undefined || this.inner.length === 0;
  }

  /** The first child of that name. */
  child(name: string): XmlElement | undefined {
    if (this.inner === undefined) return undefined;
    for (const child of this.inner) if (child.name === name) return child;
    return undefined;
  }

  /** Every child of that name, in order: a list of one looks like a single value, so ask for lists by name. */
  all(name: string): XmlElement[] {
    return this.children.filter((child) => child.name === name);
  }

  /** Text of the first child of that name; `""` if there is none. */
  value(name: string): string {
    return this.child(name)?.text ?? "";
  }

  /** Text of the first child of that name; undefined if there is none or if it is empty. */
  optional(name: string): string | undefined {
    const text = this.value(name);
    return text === "" ? undefined : text;
  }

  /** A child's text as a number; undefined if it is missing, empty or not a safe integer. */
  optionalInt(name: string): number | undefined {
    const text = this.value(name);
    const number = text === "" ? Number.NaN : Number(text);
    return Number.isSafeInteger(number) ? number : undefined;
  }

  /** A child's text as a number; `otherwise` if it is missing, empty or not a safe integer. */
  int(name: string, otherwise: number): number {
    return this.optionalInt(name) ?? otherwise;
  }

  /** The ids in `<NAME><ID>1</ID><ID>2</ID></NAME>`. */
  ids(name: string): number[] {
    return (this.child(name)?.all("ID") ?? []).map((id) => Number(id.text));
  }
}

/** oned's deepest documents have eight levels. */
const MAX_DEPTH = 64;

/**
 * Parses a document that oned answered with: elements without attributes, text and CDATA. It knows no entity but the five of XML,
 * and refuses everything else, document types above all. A parser for all of XML takes twice as long for that, see `npm run bench`.
 *
 * @param method - for the error message.
 * @param visit - called for each element right below the root as soon as it is complete, and the element is then dropped: for big pools.
 * @throws TransportError (malformed)
 */
export function parseXml(method: string, xml: string, visit?: (element: XmlElement) => void): XmlElement {
  return new Parser(method, xml, visit).parse();
}

const SLASH = 0x2f;
const BANG = 0x21;
const CDATA = "![CDATA[";
const CONTROL = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/;
const NAMED = new Map(Object.entries({ lt: "<", gt: ">", amp: "&", quot: '"', apos: "'" }));

class Parser {
  private readonly text: string;
  private readonly open: XmlElement[] = [];
  private current: XmlElement | undefined;
  private root: XmlElement | undefined;

  constructor(
    private readonly method: string,
    xml: string,
    private readonly visit: ((element: XmlElement) => void) | undefined,
  ) {
    this.text = xml.includes("\r") ? xml.replace(/\r\n?/g, "\n") : xml;
  }

  parse(): XmlElement {
    const { text } = this;
    if (CONTROL.test(text)) throw this.refusal("it holds a control character");
    let at = /^<\?xml\s[^<>]*\?>/.exec(text)?.[0].length ?? 0;
    while (at < text.length) {
      const tag = text.indexOf("<", at);
      const end = tag < 0 ? text.length : tag;
      if (end > at) this.append(this.plain(text.slice(at, end)));
      if (tag < 0) break;
      const next = text.charCodeAt(tag + 1);
      if (next === SLASH) at = this.closeTag(tag + 2);
      else if (next === BANG) at = this.cdata(tag + 1);
      else at = this.openTag(tag + 1);
    }
    if (this.current !== undefined) throw this.refusal(`<${this.current.name}> has no end`);
    if (this.root === undefined) throw this.refusal("it is empty");
    return this.root;
  }

  private openTag(start: number): number {
    const { text } = this;
    let end = start;
    while (isNameCharacter(text.charCodeAt(end), end === start)) end += 1;
    const element = new XmlElement(text.slice(start, end));
    const isEmpty = text.charCodeAt(end) === SLASH;
    if (end === start || text[isEmpty ? end + 1 : end] !== ">") throw this.refusal("a tag is not plain");
    if (this.current !== undefined) {
      this.current.children.push(element);
      this.open.push(this.current);
      if (this.open.length > MAX_DEPTH) throw this.refusal(`nested deeper than ${MAX_DEPTH} levels`);
    } else if (this.root === undefined) this.root = element;
    else throw this.refusal("it has two roots");
    this.current = element;
    if (isEmpty) this.complete(element);
    return end + (isEmpty ? 2 : 1);
  }

  private closeTag(start: number): number {
    const { current, text } = this;
    const name = current?.name ?? "";
    if (current === undefined || !text.startsWith(name, start) || text[start + name.length] !== ">") {
      throw this.refusal("an end tag is not the one that is due");
    }
    this.complete(current);
    return start + name.length + 1;
  }

  private cdata(start: number): number {
    const end = this.text.startsWith(CDATA, start) ? this.text.indexOf("]]>", start + CDATA.length) : -1;
    if (end < 0) throw this.refusal("it has a document type, a comment or a broken CDATA section");
    if (this.current === undefined) throw this.refusal("it has text outside its root");
    this.current.text += this.text.slice(start + CDATA.length, end);
    return end + "]]>".length;
  }

  private append(text: string): void {
    if (this.current !== undefined) this.current.text += text;
    else if (/[^ \t\n]/.test(text)) throw this.refusal("it has text outside its root");
  }

  private complete(element: XmlElement): void {
    this.current = this.open.pop();
    if (this.visit !== undefined && this.current !== undefined && this.current === this.root) {
      this.current.children.pop();
      this.visit(element);
    }
  }

  private plain(text: string): string {
    if (text.includes("]]>")) throw this.refusal("it has ]]> in its text");
    if (!text.includes("&")) return text;
    return text.replace(/&(?:(\w+)|#(\d{1,7})|#x([0-9a-fA-F]{1,6}));|&/g, (...match) => {
      const [, name, decimal, hex] = match as [string, string?, string?, string?];
      const character = name === undefined ? characterOf(decimal, hex) : NAMED.get(name);
      if (character === undefined) throw this.refusal("it has an unknown entity");
      return character;
    });
  }

  private refusal(detail: string): TransportError {
    const message = `the answer's document is not XML as oned writes it (${detail})`;
    return new TransportError(this.method, TransportFailure.Malformed, message, { maybeDone: true });
  }
}

/** ASCII's name characters, and everything beyond ASCII. */
function isNameCharacter(code: number, first: boolean): boolean {
  if ((code >= 0x41 && code <= 0x5a) || code === 0x5f || (code >= 0x61 && code <= 0x7a) || code >= 0x80) return true;
  // Digits, hyphen and full stop; the colon may be first.
  return code === 0x3a || (!first && ((code >= 0x30 && code <= 0x39) || code === 0x2d || code === 0x2e));
}

function characterOf(decimal: string | undefined, hex: string | undefined): string | undefined {
  const point = decimal === undefined ? parseInt(hex ?? "", 16) : Number(decimal);
  if (!(point <= 0x10ffff) || (point >= 0xd800 && point <= 0xdfff)) return undefined;
  const character = String.fromCodePoint(point);
  return CONTROL.test(character) ? undefined : character;
}
