// SPDX-License-Identifier: Apache-2.0

/** An XML element: text is kept as strings among the children, in order. */
export interface XmlElement {
  name: string;
  children: (XmlElement | string)[];
}

/** A document that is not well-formed; `message` says it in the words of expat, on which oned's RPC library is built. */
export class XmlError extends Error {}

const NAME = /[A-Za-z_:\u0080-\uffff][\w:.\-\u0080-\uffff]*/y;
const PREDEFINED: Record<string, string> = { lt: "<", gt: ">", amp: "&", quot: '"', apos: "'" };
/** With the u flag, halves of surrogate pairs that stand alone are found too. */
const NO_XML_CHAR = /[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/u;
/** Expansion of internal entities stops here: the real server trusts its parser, this one bounds the work instead. */
const MAX_EXPANSION = 1 << 20;

/** Turns the bytes of a document into text by its byte order mark or its declaration, UTF-8 otherwise. */
export function decodeXml(bytes: Buffer): string {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return bytes.subarray(2).toString("utf16le");
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return Buffer.from(bytes.subarray(2)).swap16().toString("utf16le");
  // A UTF-8 byte order mark is an error for oned.
  if (bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf) throw new XmlError("not well-formed");
  const declared = /^<\?xml[^>]*encoding=["']([\w-]+)["']/.exec(bytes.subarray(0, 200).toString("latin1"))?.[1];
  if (declared !== undefined && /^(iso-8859-1|latin1)$/i.test(declared)) return bytes.toString("latin1");
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new XmlError("not well-formed");
  }
}

/** Parses a document; throws {@link XmlError}. Attributes are read and dropped (XML-RPC and templates have none). */
export function parseXml(text: string): XmlElement {
  return new Parser(text.replace(/\r\n?/g, "\n")).document();
}

/** The text of an element, without that of its children. */
export function textOf(element: XmlElement): string {
  return element.children.filter((child): child is string => typeof child === "string").join("");
}

export function elementsOf(element: XmlElement): XmlElement[] {
  return element.children.filter((child): child is XmlElement => typeof child !== "string");
}

export function childOf(element: XmlElement, name: string): XmlElement | undefined {
  return elementsOf(element).find((child) => child.name === name);
}

/** Escapes text for element content, as oned does for fixed fields and for the whole body inside the envelope. */
export function escapeXml(text: string): string {
  return text.replace(/[&<>]/g, (c) => (c === "&" ? "&amp;" : c === "<" ? "&lt;" : "&gt;"));
}

/** oned wraps every template value in CDATA, the empty one too. */
export function cdata(text: string): string {
  return `<![CDATA[${text}]]>`;
}

class Parser {
  private at = 0;
  private readonly entities = new Map<string, string>();
  private expanded = 0;

  constructor(private readonly text: string) {}

  document(): XmlElement {
    // The declaration may only stand at the very start: a leading newline before it is an error.
    if (this.text.startsWith("<?xml")) this.skipPast("?>", "unclosed token");
    this.misc();
    if (this.text.startsWith("<!DOCTYPE", this.at)) {
      this.doctype();
      this.misc();
    }
    if (this.at >= this.text.length) throw new XmlError("no element found");
    if (this.text[this.at] !== "<") throw new XmlError("syntax error");
    const root = this.element(0);
    this.misc();
    if (this.at < this.text.length) throw new XmlError("junk after document element");
    return root;
  }

  private misc(): void {
    for (;;) {
      while (/\s/.test(this.text[this.at] ?? "")) this.at++;
      if (this.text.startsWith("<!--", this.at)) this.skipPast("-->", "unclosed token");
      else if (/^<\?(?!xml\s)/.test(this.text.slice(this.at, this.at + 6))) this.skipPast("?>", "unclosed token");
      else if (this.text.startsWith("<?xml", this.at)) {
        throw new XmlError("XML or text declaration not at start of entity");
      } else return;
    }
  }

  private skipPast(end: string, error: string): void {
    const found = this.text.indexOf(end, this.at);
    if (found < 0) throw new XmlError(error);
    this.at = found + end.length;
  }

  private doctype(): void {
    const open = this.text.indexOf("[", this.at);
    const close = this.text.indexOf(">", this.at);
    if (open >= 0 && open < close) {
      const end = this.text.indexOf("]", open);
      if (end < 0) throw new XmlError("unclosed token");
      for (const match of this.text.slice(open, end).matchAll(/<!ENTITY\s+([\w.-]+)\s+(?:"([^"]*)"|'([^']*)')\s*>/g)) {
        this.entities.set(match[1] ?? "", match[2] ?? match[3] ?? "");
      }
      this.at = end;
    }
    this.skipPast(">", "unclosed token");
  }

  private name(): string {
    NAME.lastIndex = this.at;
    const found = NAME.exec(this.text);
    if (found === null) throw this.content("not well-formed");
    this.at += found[0].length;
    return found[0];
  }

  /** An error in element content, which the real server words with the rest of the document from the bad token on. */
  private content(reason: string, from = this.at): XmlError {
    return new XmlError(
      `Invalid XML "content".  Problem with token at '${this.text.slice(from, from + 40)}...': ${reason}`,
    );
  }

  private element(depth: number): XmlElement {
    if (depth > 200) throw new XmlError("nested too deeply");
    const start = this.at++;
    const element: XmlElement = { name: this.name(), children: [] };
    if (this.attributes(start)) return element;
    for (;;) {
      const next = this.text.indexOf("<", this.at);
      if (next < 0) throw this.content("unclosed token", start);
      if (next > this.at) element.children.push(this.characters(this.text.slice(this.at, next)));
      this.at = next;
      if (this.text.startsWith("</", next)) {
        this.at += 2;
        const name = this.name();
        if (this.at >= this.text.length) throw this.content("unclosed token", next);
        if (name !== element.name) throw this.content("mismatched tag", next);
        while (/\s/.test(this.text[this.at] ?? "")) this.at++;
        if (this.text[this.at] !== ">") throw this.content("unclosed token", next);
        this.at++;
        return element;
      }
      if (this.text.startsWith("<![CDATA[", next)) {
        const end = this.text.indexOf("]]>", next);
        if (end < 0) throw this.content("unclosed CDATA section", next);
        element.children.push(this.checked(this.text.slice(next + 9, end)));
        this.at = end + 3;
      } else if (this.text.startsWith("<!--", next)) this.skipPast("-->", "unclosed token");
      else if (this.text.startsWith("<?", next)) this.skipPast("?>", "unclosed token");
      else element.children.push(this.element(depth + 1));
    }
  }

  /** Skips the attributes of a start tag; true when the element was empty (`<x/>`). */
  private attributes(start: number): boolean {
    for (;;) {
      while (/\s/.test(this.text[this.at] ?? "")) this.at++;
      const c = this.text[this.at];
      if (c === undefined) throw this.content("unclosed token", start);
      if (c === ">") {
        this.at++;
        return false;
      }
      if (c === "/") {
        if (this.text[this.at + 1] !== ">") throw this.content("not well-formed", start);
        this.at += 2;
        return true;
      }
      this.name();
      const value = /\s*=\s*("[^"<]*"|'[^'<]*')/y;
      value.lastIndex = this.at;
      const found = value.exec(this.text);
      if (found === null) throw this.content("not well-formed", start);
      this.at += found[0].length;
    }
  }

  private characters(raw: string): string {
    if (raw.includes("]]>")) throw this.content("not well-formed");
    return this.checked(raw).replace(/&([^;]*)(;?)/g, (whole: string, body: string, end: string) => {
      if (end === "") throw this.content("not well-formed", this.at + raw.indexOf(whole));
      return this.reference(body, this.at + raw.indexOf(whole));
    });
  }

  private reference(body: string, from: number): string {
    const number = /^#(?:x([0-9a-fA-F]+)|([0-9]+))$/.exec(body);
    if (number) {
      const code = number[1] !== undefined ? parseInt(number[1], 16) : parseInt(number[2] ?? "", 10);
      if (code > 0x10ffff || NO_XML_CHAR.test(String.fromCodePoint(code)))
        throw this.content("reference to invalid character number", from);
      // A carriage return becomes a line feed even when it is written as a reference.
      return code === 13 ? "\n" : String.fromCodePoint(code);
    }
    const known = PREDEFINED[body];
    if (known !== undefined) return known;
    const entity = this.entities.get(body);
    if (entity === undefined) throw this.content("undefined entity", from);
    this.expanded += entity.length;
    if (this.expanded > MAX_EXPANSION) throw this.content("limit on input amplification factor breached", from);
    return this.characters(entity);
  }

  private checked(text: string): string {
    if (NO_XML_CHAR.test(text)) throw this.content("not well-formed");
    return text;
  }
}
