// SPDX-License-Identifier: Apache-2.0

import { childOf, decodeXml, elementsOf, escapeXml, parseXml, textOf, XmlError } from "./xml";
import type { XmlElement } from "./xml";

/** A value of a call or an answer, with its type: oned's RPC library converts nothing. */
export type Value =
  | { type: "int"; value: number }
  | { type: "i8"; value: bigint }
  | { type: "boolean"; value: boolean }
  | { type: "string"; value: string }
  | { type: "double"; value: number }
  | { type: "array"; value: Value[] }
  | { type: "struct"; value: Record<string, Value> }
  | { type: "nil" | "base64" | "datetime"; value: string };

export interface Call {
  method: string;
  params: Value[];
}

/** A fault of the RPC library: -500 (while running), -501 (types), -503 (parsing), -506 (unknown method). */
export class Fault extends Error {
  constructor(
    readonly code: number,
    message: string,
  ) {
    super(message);
  }
}

export const int = (value: number): Value => ({ type: "int", value });
export const string = (value: string): Value => ({ type: "string", value });
export const boolean = (value: boolean): Value => ({ type: "boolean", value });
export const array = (value: Value[]): Value => ({ type: "array", value });

const MAX_NESTING = 64;
const parseFault = (message: string): Fault =>
  new Fault(-503, `Call XML not a proper XML-RPC call.  ${message}`.replace(/\s+$/, ""));

/** Reads a call from the bytes of a request; throws {@link Fault} -503 as xmlrpc-c words it. */
export function decodeCall(body: Buffer): Call {
  let root: XmlElement;
  try {
    root = parseXml(decodeXml(body));
  } catch (error) {
    if (error instanceof XmlError) throw parseFault(`Call is not valid XML.  ${error.message}`);
    throw error;
  }
  if (root.name !== "methodCall") {
    throw parseFault(`XML-RPC call should be a <methodCall> element.  Instead, we have a <${root.name}> element.`);
  }
  const name = childOf(root, "methodName");
  if (name === undefined) throw parseFault("Expected <methodCall> element to have 1 or more children");
  const params = childOf(root, "params");
  return { method: textOf(name), params: params === undefined ? [] : elementsOf(params).map(decodeParam) };
}

function decodeParam(param: XmlElement): Value {
  const value = childOf(param, "value");
  if (param.name !== "param" || value === undefined) throw parseFault("<params> may hold <param> with one <value>");
  return decodeValue(value, 0);
}

function decodeValue(element: XmlElement, depth: number): Value {
  if (depth > MAX_NESTING) throw parseFault(`Nested data structure too deep.  Maximum is ${MAX_NESTING}`);
  const [inner] = elementsOf(element);
  if (inner === undefined) return string(bmp(textOf(element)));
  const text = textOf(inner);
  switch (inner.name) {
    case "int":
    case "i4":
      return int(decodeInteger(text));
    case "i8":
      if (!/^[+-]?\d+$/.test(text)) throw parseFault(`<i8> content '${text}' is not a number`);
      return { type: "i8", value: BigInt(text.replace(/^\+/, "")) };
    case "boolean":
      if (text !== "0" && text !== "1") {
        throw parseFault(
          "<boolean> XML element content must be either '0' or '1' according to XML-RPC.  " + `This one has '${text}'`,
        );
      }
      return boolean(text === "1");
    case "string":
      return string(bmp(text));
    case "double":
      return { type: "double", value: Number(text) };
    case "array": {
      const data = childOf(inner, "data");
      if (data === undefined) throw parseFault("Contents of <array> element should be a single <data> child");
      return array(elementsOf(data).map((item) => decodeValue(item, depth + 1)));
    }
    case "struct":
      return { type: "struct", value: Object.fromEntries(elementsOf(inner).map((m) => decodeMember(m, depth + 1))) };
    case "nil":
    case "ex:nil":
      return { type: "nil", value: "" };
    case "base64":
      return { type: "base64", value: text };
    case "dateTime.iso8601":
      return { type: "datetime", value: text };
    default:
      throw parseFault(`Unknown value type -- XML element is named <${inner.name}>`);
  }
}

function decodeMember(member: XmlElement, depth: number): [string, Value] {
  const name = childOf(member, "name");
  const value = childOf(member, "value");
  if (member.name !== "member" || name === undefined || value === undefined) {
    throw parseFault("<struct> member needs a <name> and a <value>");
  }
  return [textOf(name), decodeValue(value, depth)];
}

function decodeInteger(text: string): number {
  if (text === "") throw parseFault("<int> XML element content is empty");
  if (/^\s/.test(text)) throw parseFault(`<int> content '${text}' starts with white space`);
  if (!/^[+-]?\d+$/.test(text)) throw parseFault(`<int> content '${text}' has non-numerical garbage`);
  const number = Number(text);
  if (number > 2147483647) throw parseFault(`<int> element value ${text} too large`);
  if (number < -2147483648) throw parseFault(`<int> element value ${text} too small`);
  return number + 0;
}

/** xmlrpc-c keeps strings in UTF-16 units and refuses what does not fit into one. */
function bmp(text: string): string {
  if (/[\u{10000}-\u{10ffff}]/u.test(text)) {
    throw parseFault(
      `${Buffer.byteLength(text)}-byte supposed UTF-8 string is not valid UTF-8.  ` +
        "UTF-8 string contains a character not in the Basic Multilingual Plane (first byte 0xfffffff0)",
    );
  }
  return text;
}

const HEAD = '<?xml version="1.0" encoding="UTF-8"?>\r\n<methodResponse>\r\n';

/** The body of a successful answer, laid out byte for byte as xmlrpc-c does. */
export function encodeResponse(value: Value): string {
  return `${HEAD}<params>\r\n<param>${encodeValue(value)}</param>\r\n</params>\r\n</methodResponse>\r\n`;
}

export function encodeFault(fault: Fault): string {
  return `${HEAD}<fault>\r\n${encodeValue(faultStruct(fault))}\r\n</fault>\r\n</methodResponse>\r\n`;
}

export function faultStruct(fault: Fault): Value {
  return { type: "struct", value: { faultCode: int(fault.code), faultString: string(fault.message) } };
}

function encodeValue(value: Value): string {
  switch (value.type) {
    case "int":
      return `<value><i4>${value.value}</i4></value>`;
    case "boolean":
      return `<value><boolean>${value.value ? 1 : 0}</boolean></value>`;
    case "array":
      return `<value><array><data>\r\n${value.value.map((v) => `${encodeValue(v)}\r\n`).join("")}</data></array></value>`;
    case "struct": {
      const members = Object.entries(value.value);
      const lines = members.map(
        ([name, v]) => `<member><name>${escapeXml(name)}</name>\r\n${encodeValue(v)}</member>\r\n`,
      );
      return `<value><struct>\r\n${lines.join("")}</struct></value>`;
    }
    case "nil":
      return "<value><nil/></value>";
    case "string":
      // A carriage return would be normalised away by the reader unless it is written as a reference.
      return `<value><string>${escapeXml(value.value).replace(/\r/g, "&#x0d;")}</string></value>`;
    default:
      return `<value><${value.type}>${String(value.value)}</${value.type}></value>`;
  }
}
