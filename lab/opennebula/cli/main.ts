// SPDX-License-Identifier: Apache-2.0

/** The commands of opennebula-tools, one program under many names: `onehost list`, `onevm show 0 --json`, ... */

import { basename } from "node:path";
import { parseArgs } from "node:util";
import { sshShell } from "../drivers/shell";
import { childOf, elementsOf, parseXml } from "../oned/xml";
import { call } from "./call";
import { cell, show, table, toJson } from "./format";
import { COMMANDS, nameColumn } from "./kinds";
import type { Kind } from "./kinds";
import { syncHosts } from "./sync-hosts";
import { commonVerbs, VERBS } from "./verbs";
import type { Operands } from "./verbs";

const LABEL = "STAND-IN of the opennebula-scaleway lab, not OpenNebula";

const FLAGS = {
  ...{ xml: { short: "x" }, json: { short: "j" }, append: { short: "a" }, force: { short: "f" }, version: { short: "V" } },
  ...{ help: { short: "h" }, hard: {}, live: {}, poweroff: {}, hold: {}, persistent: {} },
  ...{ success: {}, failure: {}, retry: {}, delete: {}, recreate: {}, "delete-db": {} },
};
const TEXTS = {
  ...{ name: {}, path: {}, type: {}, size: {}, description: {}, format: {}, fs: {}, prefix: {} },
  ...{ datastore: { short: "d" }, cluster: { short: "c" }, im: { short: "i" }, vm: { short: "v" } },
  ...{ network: { short: "n" }, ip: {}, image: {}, target: {}, file: {}, cpu: {}, vcpu: {}, memory: {} },
};
const of = <T extends "boolean" | "string">(type: T, options: Record<string, { short?: string }>) =>
  Object.fromEntries(Object.entries(options).map(([name, more]) => [name, { type, ...more }]));
const OPTIONS = { ...of("boolean", FLAGS), ...of("string", TEXTS) };

function kindOf(program: string): Kind {
  const kind = COMMANDS[program];
  if (kind === undefined) throw new Error(`no such command; there are ${Object.keys(COMMANDS).join(", ")}`);
  return kind;
}

async function idOf(program: string, text: string): Promise<number> {
  if (/^\d+$/.test(text)) return Number(text);
  const { pool, range, kind } = kindOf(program);
  if (text === "") throw new Error(`a name or an id of a ${kind} is missing`);
  const objects = elementsOf(parseXml(await call(`one.${pool}.info`, range)));
  const found = objects.filter((object) => cell(object, nameColumn) === text);
  if (found.length !== 1) throw new Error(`${found.length === 0 ? "no" : "more than one"} ${kind} has the name ${text}`);
  return Number(cell(found[0]!, { title: "", path: "ID" }));
}

/** The answer in the format that the options ask for; undefined for people. */
function forMachines(xml: string, options: Operands["options"]): string | undefined {
  if (options.xml === true) return xml;
  if (options.json !== true) return undefined;
  const root = parseXml(xml);
  return JSON.stringify({ [root.name]: toJson(root) }, undefined, 2);
}

async function list({ pool, range, columns }: Kind, options: Operands["options"]): Promise<string> {
  const xml = await call(`one.${pool}.info`, range);
  const objects = elementsOf(parseXml(xml)).filter((object) => childOf(object, "NAME") !== undefined);
  const rows = objects.reverse().map((object) => columns.map((column) => cell(object, column)));
  return forMachines(xml, options) ?? table([columns.map((column) => column.title), ...rows]);
}

async function run(program: string, args: string[]): Promise<string> {
  const { values: options, positionals } = parseArgs({ args, options: OPTIONS, allowPositionals: true });
  if (options.version === true) return `${program} (${LABEL})`;
  const kind = kindOf(program);
  const verbs = { ...commonVerbs(kind.kind), ...VERBS[program] };
  const [verb = "list", ...operands] = positionals;
  if (options.help === true) return `${program} (${LABEL}): list, show, ${Object.keys(verbs).join(", ")}`;
  if (verb === "list") return list(kind, options);
  if (verb === "sync" && program === "onehost") {
    return syncHosts({ shell: sshShell, hosts: operands.flatMap((list) => list.split(",")), force: options.force === true, cluster: options.cluster as string | undefined });
  }
  if (verb === "show") {
    const xml = await call(`one.${kind.kind}.info`, [await idOf(program, operands[0] ?? ""), false]);
    return forMachines(xml, options) ?? show(parseXml(xml));
  }
  const does = verbs[verb];
  if (does === undefined) {
    throw new Error(`the stand-in of ${program} has only: list, show, ${Object.keys(verbs).join(", ")}`);
  }
  const rest = does.object === false ? operands : operands.slice(1);
  const missing = (does.needs ?? []).slice(rest.length);
  if (missing.length > 0) throw new Error(`${program} ${verb}: missing: ${missing.join(", ")}`);
  const id = does.object === false ? -1 : await idOf(program, operands[0] ?? "");
  const answer = await call(does.method, await does.params({ id, rest, options, idOf }));
  const makes = does.object === false || /\.(instantiate|clone)$/.test(does.method);
  return makes ? `${verb === "instantiate" ? "VM ID" : "ID"}: ${answer}` : "";
}

if (require.main === module) {
  run(basename(process.argv[2] ?? ""), process.argv.slice(3))
    .then((text) => process.stdout.write(text === "" ? "" : `${text}\n`))
    .catch((error: unknown) => {
      process.stderr.write(`${process.argv[2] ?? "one"}: ${error instanceof Error ? error.message : String(error)}\n`);
      process.exitCode = 1;
    });
}
