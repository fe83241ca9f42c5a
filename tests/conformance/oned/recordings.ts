// SPDX-License-Identifier: Apache-2.0

/** The recorded calls to a real oned, read without any of the code that they are to judge. */
import { readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { SaxesParser } from "saxes";

/** A value with its XML-RPC type, as the recordings write it. */
export interface Typed {
  type: string;
  value: string | number | boolean | Typed[] | Record<string, Typed>;
}

/** One line of a file. */
interface Line {
  name: string;
  method: string | null;
  request: { raw?: boolean; body?: string; body_b64?: string; body_truncated_to?: number };
  response: {
    raw?: boolean;
    status?: number;
    reason?: string;
    version?: string;
    headers?: [string, string][];
    raw_header?: string;
    error?: string | null;
    body: string;
  };
  parsed: { result?: Typed; fault?: Typed };
}

/** A call as its body says, independent of spelling: `<int>` is `i4`, a value without a type is a string. */
export interface ParsedCall {
  method: string;
  params: Typed[];
}

export interface Recording {
  name: string;
  method: string;
  /** The bytes that the recorder sent as body. */
  body: Buffer;
  /** Undefined where the body is not a well-formed call, or was not kept whole. */
  call: ParsedCall | undefined;
  /** The bytes that oned sent; empty where it closed the connection without a word. */
  answer: Buffer;
  result: Typed | undefined;
  fault: { code: number; text: string } | undefined;
  /** HTTP status of an answer that is not XML-RPC. */
  status: number | undefined;
}

/** The recordings' folder: `ONED_RECORDINGS`, else the copy in this repository. */
export const FOLDER = resolve(process.env["ONED_RECORDINGS"] ?? join(__dirname, "../../recordings/oned"));

/** Every recording by file name, in recorded order. */
export function loadRecordings(): [file: string, recordings: Recording[]][] {
  const files = readdirSync(FOLDER).filter((name) => name.endsWith(".jsonl"));
  return files.sort().map((file) => {
    const lines = readFileSync(join(FOLDER, file), "utf8").split("\n");
    return [file, lines.filter((line) => line !== "").map((line) => recordingOf(JSON.parse(line) as Line))];
  });
}

function recordingOf({ name, method, request, response, parsed }: Line): Recording {
  const whole =
    request.body_b64 === undefined ? Buffer.from(request.body ?? "") : Buffer.from(request.body_b64, "base64");
  const body = request.raw === true ? afterHead(whole) : whole;
  const answer = answerOf(response);
  const fault = parsed.fault === undefined ? undefined : faultOf(parsed.fault);
  // What the recorder left undecoded because it kept the raw bytes.
  const raw = response.raw === true ? parseAnswer(afterHead(answer).toString()) : undefined;
  const result = parsed.result ?? raw;
  const status = result === undefined && fault === undefined ? statusOf(answer) : undefined;
  const call = request.body_truncated_to === undefined ? parseCall(body) : undefined;
  return { name, method: method ?? "", body, call, answer, result, fault, status };
}

function answerOf({ raw, status, reason, version, headers, raw_header: head, body }: Line["response"]): Buffer {
  if (raw === true) return Buffer.from(body);
  if (head !== undefined) return Buffer.from(`${head}\r\n\r\n${body}`);
  if (status === undefined) return Buffer.alloc(0);
  const lines = [
    `${version ?? ""} ${status} ${reason ?? ""}`,
    ...(headers ?? []).map(([key, value]) => `${key}: ${value}`),
  ];
  return Buffer.from(`${lines.join("\r\n")}\r\n\r\n${body}`);
}

function afterHead(message: Buffer): Buffer {
  const ends = ["\r\n\r\n", "\n\n"].map((mark) => [message.indexOf(mark), mark.length] as const);
  const [at, length] = ends.find(([position]) => position >= 0) ?? [message.length, 0];
  return message.subarray(at + length);
}

function statusOf(answer: Buffer): number | undefined {
  const status = /^HTTP\/1\.\d (\d{3})/.exec(answer.toString("latin1"))?.[1];
  return status === undefined ? undefined : Number(status);
}

function faultOf({ value }: Typed): { code: number; text: string } {
  const { faultCode, faultString } = value as Record<string, Typed>;
  return { code: Number(faultCode?.value), text: typeof faultString?.value === "string" ? faultString.value : "" };
}

/** Reads a call's body strictly; undefined unless it is well-formed XML of an XML-RPC call with known types. */
export function parseCall(body: Buffer): ParsedCall | undefined {
  try {
    const root = parseTree(decodeText(body));
    if (root.name !== "methodCall") return undefined;
    const method = child(root, "methodName").text;
    if (method === "") return undefined;
    const params = child(root, "params").children;
    return { method, params: params.map((param) => valueOf(only(param))) };
  } catch {
    return undefined;
  }
}

function parseAnswer(body: string): Typed | undefined {
  try {
    const root = parseTree(body);
    return root.name === "methodResponse" ? valueOf(only(only(child(root, "params")))) : undefined;
  } catch {
    return undefined;
  }
}

/** By byte order mark or XML declaration; UTF-8 without either. */
function decodeText(body: Buffer): string {
  if (body[0] === 0xff && body[1] === 0xfe) return body.subarray(2).toString("utf16le");
  const declared = /^<\?xml[^>]*encoding=["']([\w-]+)["']/.exec(body.subarray(0, 100).toString("latin1"))?.[1];
  return new TextDecoder(declared ?? "utf-8", { fatal: true, ignoreBOM: true }).decode(body);
}

interface Tree {
  name: string;
  text: string;
  children: Tree[];
}

function parseTree(xml: string): Tree {
  const parser = new SaxesParser();
  const top: Tree = { name: "", text: "", children: [] };
  const open = [top];
  const at = (): Tree => open.at(-1) ?? top;
  parser.on("error", (error) => {
    throw error;
  });
  // An entity of the document's own is not a plain call any more.
  parser.on("doctype", () => {
    throw new Error("document type");
  });
  parser.on("opentag", ({ name }) => {
    const tree: Tree = { name, text: "", children: [] };
    at().children.push(tree);
    open.push(tree);
  });
  parser.on("closetag", () => void open.pop());
  parser.on("text", (text) => void (at().text += text));
  parser.on("cdata", (text) => void (at().text += text));
  parser.write(xml).close();
  return only(top);
}

function child(tree: Tree, name: string): Tree {
  const found = tree.children.find((candidate) => candidate.name === name);
  if (found === undefined) throw new Error(`no ${name}`);
  return found;
}

function only(tree: Tree): Tree {
  const [first, second] = tree.children;
  if (first === undefined || second !== undefined) throw new Error(`${tree.name} has not exactly one child`);
  return first;
}

function valueOf(value: Tree): Typed {
  if (value.name !== "value") throw new Error("not a value");
  if (value.children.length === 0) return { type: "string", value: value.text };
  const { name, text, children } = only(value);
  switch (name) {
    case "string":
      return { type: "string", value: text };
    case "int":
    case "i4":
      if (!/^[+-]?\d+$/.test(text) || Math.abs(Number(text)) > 0x7fffffff) throw new Error("bad integer");
      return { type: "i4", value: Number(text) + 0 };
    case "i8":
      if (!/^[+-]?\d+$/.test(text)) throw new Error("bad integer");
      return { type: "i8", value: BigInt(text).toString() };
    case "boolean":
      if (text !== "0" && text !== "1") throw new Error("bad boolean");
      return { type: "boolean", value: text === "1" };
    case "array":
      return { type: "array", value: child({ name, text, children }, "data").children.map(valueOf) };
    case "struct":
      return { type: "struct", value: Object.fromEntries(children.map((member) => memberOf(member))) };
    default:
      throw new Error(`type ${name}`);
  }
}

function memberOf(member: Tree): [string, Typed] {
  return [child(member, "name").text, valueOf(child(member, "value"))];
}
