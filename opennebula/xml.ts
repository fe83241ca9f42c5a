// SPDX-License-Identifier: Apache-2.0
import { SaxesParser } from "saxes";
import { TransportError, TransportFailure } from "./errors";

/** An element of oned's documents, which have neither attributes nor text beside elements. Values stay text. */
export class XmlElement {
  readonly children: XmlElement[] = [];
  /** All text and CDATA inside; meaningless when there are children. */
  text = "";

  constructor(readonly name: string) {}

  /** The first child of that name. */
  child(name: string): XmlElement | undefined {
    for (const child of this.children) if (child.name === name) return child;
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
 * Parses a document that oned answered with. No entity but the five of XML is known, and a document type is refused.
 *
 * @param method - for the error message.
 * @param visit - called for each element right below the root as soon as it is complete, and the element is then dropped: for big pools.
 * @throws TransportError (malformed)
 */
export function parseXml(method: string, xml: string, visit?: (element: XmlElement) => void): XmlElement {
  const parser = new SaxesParser({ xmlns: false, position: false });
  const open: XmlElement[] = [];
  let current: XmlElement | undefined;
  let root: XmlElement | undefined;
  const refuse = (detail: string): never => {
    const message = `the answer's document is not well-formed XML (${detail})`;
    throw new TransportError(method, TransportFailure.Malformed, message, { maybeDone: true });
  };
  parser.on("error", (error) => refuse(error.message.slice(0, 100)));
  parser.on("doctype", () => refuse("it has a document type"));
  parser.on("opentagstart", ({ name }) => {
    const element = new XmlElement(name);
    if (current === undefined) root = element;
    else {
      current.children.push(element);
      open.push(current);
      if (open.length > MAX_DEPTH) refuse(`nested deeper than ${MAX_DEPTH} levels`);
    }
    current = element;
  });
  const append = (text: string): void => {
    if (current !== undefined) current.text += text;
  };
  parser.on("text", append);
  parser.on("cdata", append);
  parser.on("closetag", () => {
    const closed = current;
    current = open.pop();
    if (visit !== undefined && closed !== undefined && current !== undefined && current === root) {
      current.children.pop();
      visit(closed);
    }
  });
  parser.write(xml).close();
  return root ?? refuse("it is empty");
}
