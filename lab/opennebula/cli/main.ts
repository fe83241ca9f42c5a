// SPDX-License-Identifier: Apache-2.0

/** The commands of opennebula-tools, one program under many names: `onehost list`, `oneuser show 0 --json`, ... */

import { existsSync, readFileSync } from "node:fs";
import { request } from "node:http";
import { homedir } from "node:os";
import { basename, join } from "node:path";
import { childOf, elementsOf, escapeXml, parseXml, textOf } from "../oned/xml";
import type { XmlElement } from "../oned/xml";

interface Column {
  title: string;
  /** Path below the object's element, e.g. `TEMPLATE/HYPERVISOR`. */
  path: string;
  show?: (text: string) => string;
}

interface Command {
  /** Prefix of the methods, and the pool's. */
  kind: string;
  pool: string;
  /** Parameters of the pool call after the session. */
  range: number[];
  columns: Column[];
}

const HOST_STATES = ["init", "update", "on", "err", "dsbl", "update", "init", "dsbl", "off"];
const id: Column = { title: "ID", path: "ID" };
const name: Column = { title: "NAME", path: "NAME" };
const owner: Column[] = [
  { title: "USER", path: "UNAME" },
  { title: "GROUP", path: "GNAME" },
];
const ALL = [-2, -1, -1];

export const COMMANDS: Record<string, Command> = {
  onehost: {
    ...{ kind: "host", pool: "hostpool", range: [] },
    columns: [
      id,
      name,
      { title: "CLUSTER", path: "CLUSTER" },
      { title: "TVM", path: "HOST_SHARE/RUNNING_VMS" },
      { title: "CPU", path: "HOST_SHARE/MAX_CPU" },
      { title: "MEM", path: "HOST_SHARE/MAX_MEM", show: (kib) => `${Math.round(Number(kib) / 1024)}M` },
      { title: "STAT", path: "STATE", show: (state) => HOST_STATES[Number(state)] ?? state },
    ],
  },
  oneuser: {
    ...{ kind: "user", pool: "userpool", range: [] },
    columns: [
      id,
      name,
      { title: "ENABLED", path: "ENABLED" },
      { title: "GROUP", path: "GNAME" },
      { title: "AUTH", path: "AUTH_DRIVER" },
    ],
  },
  onegroup: { kind: "group", pool: "grouppool", range: [], columns: [id, name] },
  onecluster: { kind: "cluster", pool: "clusterpool", range: [], columns: [id, name] },
  onezone: {
    ...{ kind: "zone", pool: "zonepool", range: [] },
    columns: [id, name, { title: "ENDPOINT", path: "TEMPLATE/ENDPOINT" }],
  },
  onedatastore: {
    ...{ kind: "datastore", pool: "datastorepool", range: [] },
    columns: [
      id,
      name,
      { title: "SIZE", path: "TOTAL_MB" },
      { title: "TM", path: "TM_MAD" },
      { title: "STAT", path: "STATE", show: (s) => (s === "0" ? "on" : "off") },
    ],
  },
  onevdc: { kind: "vdc", pool: "vdcpool", range: [], columns: [id, name] },
  onevm: {
    ...{ kind: "vm", pool: "vmpool", range: [...ALL, -1] },
    columns: [id, ...owner, name, { title: "STAT", path: "STATE" }],
  },
  onevnet: { kind: "vn", pool: "vnpool", range: ALL, columns: [id, ...owner, name] },
  oneimage: { kind: "image", pool: "imagepool", range: ALL, columns: [id, ...owner, name] },
  onetemplate: { kind: "template", pool: "templatepool", range: ALL, columns: [id, ...owner, name] },
};

type Param = string | number | boolean;

/** Sends one call as the user of ~/.one/one_auth (ONE_AUTH) to ONE_XMLRPC; rejects with oned's message. */
async function call(method: string, params: Param[]): Promise<string> {
  const authFile = process.env.ONE_AUTH ?? join(homedir(), ".one/one_auth");
  if (!existsSync(authFile)) throw new Error(`${authFile}: missing; it must hold name:password`);
  const session = readFileSync(authFile, "utf8").trim();
  const url = process.env.ONE_XMLRPC ?? "http://localhost:2633/RPC2";
  const values = [session, ...params].map((value) => {
    if (typeof value === "number") return `<i4>${value}</i4>`;
    return typeof value === "boolean" ? `<boolean>${value ? 1 : 0}</boolean>` : `<string>${escapeXml(value)}</string>`;
  });
  const body = `<?xml version="1.0"?><methodCall><methodName>${method}</methodName><params>${values
    .map((value) => `<param><value>${value}</value></param>`)
    .join("")}</params></methodCall>`;
  const answer = parseXml(await post(url, body));
  const fault = childOf(answer, "fault");
  if (fault !== undefined) throw new Error(allText(fault).trim());
  const data = find(answer, ["params", "param", "value", "array", "data"]);
  const [success, result] = data === undefined ? [] : elementsOf(data).map((value) => allText(value));
  if (success !== "1") throw new Error(result ?? "no answer that makes sense");
  return result ?? "";
}

function post(url: string, body: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const headers = { "content-type": "text/xml", "content-length": Buffer.byteLength(body) };
    const sent = request(url, { method: "POST", headers, agent: false, timeout: 60_000 }, (response) => {
      let text = "";
      response.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
      response.on("end", () => resolve(text));
    });
    sent.on("timeout", () => sent.destroy(new Error(`no answer from ${url} within 60 s`)));
    sent.on("error", (error) => reject(new Error(`cannot reach oned at ${url}: ${error.message}`)));
    sent.end(body);
  });
}

function find(element: XmlElement, path: string[]): XmlElement | undefined {
  return path.reduce<XmlElement | undefined>((at, step) => (at === undefined ? at : childOf(at, step)), element);
}

function allText(element: XmlElement): string {
  return element.children.map((child) => (typeof child === "string" ? child : allText(child))).join("");
}

/** XML as the object that `-j` prints: repeated elements become a list. */
export function toJson(element: XmlElement): unknown {
  const children = elementsOf(element);
  if (children.length === 0) return textOf(element);
  const object: Record<string, unknown> = {};
  for (const child of children) {
    const value = toJson(child);
    const held = object[child.name];
    object[child.name] =
      held === undefined ? value : Array.isArray(held) ? [...(held as unknown[]), value] : [held, value];
  }
  return object;
}

/** A table with columns as wide as their widest cell. */
export function table(rows: string[][]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => (row[column] ?? "").length)));
  const line = (row: string[]): string =>
    row
      .map((cell, i) => cell.padEnd(widths[i] ?? 0))
      .join("  ")
      .trimEnd();
  return rows.map(line).join("\n");
}

function cell(object: XmlElement, column: Column): string {
  const found = find(object, column.path.split("/"));
  const text = found === undefined ? "-" : textOf(found);
  return column.show === undefined ? text : column.show(text);
}

function show(element: XmlElement, depth = 0): string {
  const children = elementsOf(element);
  const indent = "  ".repeat(depth);
  if (children.length === 0) return `${indent}${element.name}: ${textOf(element)}`;
  return [`${indent}${element.name}`, ...children.map((child) => show(child, depth + 1))].join("\n");
}

async function idOf(command: Command, text: string): Promise<number> {
  if (/^\d+$/.test(text)) return Number(text);
  const pool = parseXml(await call(`one.${command.pool}.info`, command.range));
  const found = elementsOf(pool).find((object) => cell(object, name) === text);
  if (found === undefined) throw new Error(`no ${command.kind} of that name`);
  return Number(cell(found, id));
}

const STATUS: Record<string, number> = { enable: 0, disable: 1, offline: 2 };

async function run(program: string, args: string[]): Promise<string> {
  const command = COMMANDS[program];
  if (command === undefined) throw new Error(`no such command; there are ${Object.keys(COMMANDS).join(", ")}`);
  const flags = args.filter((arg) => /^(-x|--xml|-j|--json|--version)$/.test(arg));
  const [verb = "list", ...operands] = args.filter((arg) => !flags.includes(arg));
  const machine = (xml: string): string | undefined => {
    if (flags.some((flag) => flag === "-x" || flag === "--xml")) return xml;
    if (!flags.some((flag) => flag === "-j" || flag === "--json")) return undefined;
    const root = parseXml(xml);
    return JSON.stringify({ [root.name]: toJson(root) }, undefined, 2);
  };
  if (verb === "list") {
    const xml = await call(`one.${command.pool}.info`, command.range);
    const objects = elementsOf(parseXml(xml)).filter((object) => childOf(object, "NAME") !== undefined);
    const rows = objects.reverse().map((object) => command.columns.map((column) => cell(object, column)));
    return machine(xml) ?? table([command.columns.map((column) => column.title), ...rows]);
  }
  const [first = ""] = operands;
  if (first === "") throw new Error(`${program} ${verb}: a name or an id is missing`);
  if (verb === "create" && program === "onehost")
    return `ID: ${await call("one.host.allocate", [first, "kvm", "kvm", -1])}`;
  const object = await idOf(command, first);
  if (verb === "show") {
    const xml = await call(`one.${command.kind}.info`, [object, false]);
    return machine(xml) ?? show(parseXml(xml));
  }
  if (verb === "delete") return call(`one.${command.kind}.delete`, [object]).then(() => "");
  const status = STATUS[verb];
  if (program === "onehost" && status !== undefined) return call("one.host.status", [object, status]).then(() => "");
  if (program === "oneuser" && verb === "passwd") {
    // Never an argument: it is read from the standard input.
    const password = readFileSync(0, "utf8").replace(/\r?\n$/, "");
    return call("one.user.passwd", [object, password]).then(() => "");
  }
  throw new Error(
    `the stand-in of ${program} has only: list, show, delete, for hosts create, enable, disable, offline, for users passwd`,
  );
}

if (require.main === module) {
  run(basename(process.argv[2] ?? ""), process.argv.slice(3))
    .then((text) => process.stdout.write(text === "" ? "" : `${text}\n`))
    .catch((error: unknown) => {
      process.stderr.write(`${process.argv[2] ?? "one"}: ${error instanceof Error ? error.message : String(error)}\n`);
      process.exitCode = 1;
    });
}
