// SPDX-License-Identifier: Apache-2.0

import { execFile } from "node:child_process";
import type { Task, Work } from "./background";
import type { Entity, HookRecord, HookRun, KindName } from "./entities";
import { HostState } from "./entities";
import { ImageState } from "./images/states";
import { KINDS, render } from "./kinds";
import type { Kind, RenderContext } from "./kinds/kind";
import { isYes } from "./leases";
import { VnState } from "./network/definition";
import type { State } from "./state";
import { get } from "./template";
import { lcmName, VmState } from "./vm/states";
import { escapeXml } from "./xml";
import type { Value } from "./xmlrpc";

/** Seconds after which a hook's command is ended. */
const HOOK_SECONDS = 60;

/** Parameters that a hook must not learn, by their place after the session. */
const SECRET: Record<string, number> = { "one.user.allocate": 2, "one.user.passwd": 2, "one.user.chauth": 3 };

/** A call as its hooks are told about it. */
export interface FinishedCall {
  method: string;
  params: Value[];
  success: boolean;
  answer: Value[];
}

const base64 = (text: string): string => Buffer.from(text).toString("base64");

/** Every hook that waits for a call gets a run, which is stored with the call's changes. */
export function noteCall(context: RenderContext, call: FinishedCall): void {
  for (const hook of context.state.all("hook")) {
    if (hook.data.type !== "api" || get(hook.template, "CALL") !== call.method) continue;
    addRun(context.state, hook, { arguments: base64(callInfo(context, call)) });
  }
}

function addRun(state: State, hook: Entity<"hook">, run: HookRun): void {
  hook.data.pending = [...(hook.data.pending ?? []), run];
  state.touch("hook", hook);
}

function callInfo(context: RenderContext, { method, params, success, answer }: FinishedCall): string {
  const parameter = (type: "IN" | "OUT", value: string, index: number): string =>
    `<PARAMETER><POSITION>${index + 1}</POSITION><TYPE>${type}</TYPE><VALUE>${escapeXml(value)}</VALUE></PARAMETER>`;
  const secret = (index: number): boolean => index === 0 || index === SECRET[method];
  const given = params.map((value, index) => parameter("IN", secret(index) ? "****" : plain(value), index));
  const out = answer.map((value, index) => parameter("OUT", plain(value), index));
  const extra = success ? madeBy(context, method, answer[1]) : "";
  return pretty(
    `<CALL_INFO><RESULT>${success ? 1 : 0}</RESULT><PARAMETERS>${given.join("")}${out.join("")}</PARAMETERS>` +
      `<EXTRA>${extra}</EXTRA></CALL_INFO>`,
  );
}

function plain(value: Value): string {
  if (value.type === "array") return value.value.map(plain).join(",");
  // No call of oned's own takes or gives a struct.
  return value.type === "struct" ? "" : String(value.value);
}

/** The object that a call made. */
function madeBy(context: RenderContext, method: string, answer: Value | undefined): string {
  const [, name, action] = method.split(".");
  const kind = (KINDS as Record<string, Kind<KindName> | undefined>)[name ?? ""];
  if (kind === undefined || action !== "allocate" || answer?.type !== "int") return "";
  const entity = context.state.find(kind.name, answer.value);
  return entity === undefined ? "" : render({ ...kind, parts: kind.poolParts ?? kind.parts }, entity, context);
}

/** Indents by two blanks; an element with a text stays on one line, one without anything has no end. */
function pretty(xml: string): string {
  const tokens = xml.match(/<!\[CDATA\[[\s\S]*?\]\]>|<[^>]+>|[^<]+/g) ?? [];
  const lines: string[] = [];
  let depth = 0;
  for (let at = 0; at < tokens.length; at++) {
    const [token = "", next = "", end = ""] = tokens.slice(at, at + 3);
    const indent = "  ".repeat(depth);
    if (token.startsWith("</")) lines.push(`${"  ".repeat(--depth)}${token}`);
    else if (next === `</${token.slice(1)}`) {
      lines.push(`${indent}${token.slice(0, -1)}/>`);
      at++;
    } else if (end === `</${token.slice(1)}`) {
      lines.push(`${indent}${token}${next}${end}`);
      at += 2;
    } else {
      lines.push(`${indent}${token}`);
      depth++;
    }
  }
  return lines.join("\n");
}

const nameOf = (states: Record<string, number>, state: number): string | undefined =>
  Object.entries(states).find(([, value]) => value === state)?.[0];

/** What a hook on a state may wait for: its resources, and the state's name; a VM's two states are joined by a blank. */
const WATCHED: { [K in "vm" | "host" | "image" | "vn"]: { resources: string[]; state: (e: Entity<K>) => string } } = {
  vm: {
    resources: ["VM"],
    state: ({ data }) => `${nameOf(VmState, data.state)} ${lcmName(data.lcm)}`,
  },
  host: { resources: ["HOST"], state: ({ data }) => nameOf(HostState, data.state) ?? "" },
  image: { resources: ["IMAGE"], state: ({ data }) => nameOf(ImageState, data.state) ?? "" },
  vn: { resources: ["NET", "VNET"], state: ({ data }) => nameOf(VnState, data.state) ?? "" },
};

/** Every hook that waits for a state gets a run when an object of the changes to be stored has come to it. */
export function noteStates(context: RenderContext): void {
  const hooks = context.state.all("hook").filter((hook) => hook.data.type === "state");
  if (hooks.length === 0) return;
  for (const { kind, id, before } of context.state.touched()) {
    const watched = (WATCHED as Partial<Record<KindName, { resources: string[]; state: (e: Entity) => string }>>)[kind];
    const entity = context.state.find(kind, id);
    if (watched === undefined || entity === undefined) continue;
    const state = watched.state(entity);
    if (before !== undefined && watched.state(before) === state) continue;
    for (const hook of hooks) {
      if (!watched.resources.includes((get(hook.template, "RESOURCE") ?? "").toUpperCase())) continue;
      const lcm = kind === "vm" ? ` ${get(hook.template, "LCM_STATE") ?? ""}` : "";
      if (`${(get(hook.template, "STATE") ?? "").toUpperCase()}${lcm}` !== state) continue;
      const text = render(KINDS[kind as "vm"], entity as Entity<"vm">, context);
      addRun(context.state, hook, { arguments: base64(text) });
    }
  }
}

/** The next run of each hook. */
export function hookTasks(work: Work): Task[] {
  return work.state.all("hook").flatMap((hook) => {
    const [run] = hook.data.pending ?? [];
    if (run === undefined) return [];
    const finish = (result: CommandResult): void => {
      const current = work.state.find("hook", hook.id);
      if (current !== undefined) finished(work, current, run, result);
    };
    const command = commandOf(hook, run);
    const remote = isYes(get(hook.template, "REMOTE"));
    return [
      {
        key: `hook/${hook.id}`,
        seconds: HOOK_SECONDS,
        run: (signal: AbortSignal) =>
          remote
            ? Promise.reject(new Error("the stand-in runs hooks on the front-end only, and this one has REMOTE"))
            : execute(command, signal),
        done: finish,
        failed: (message: string) => finish({ command: command.join(" "), stdout: "", stderr: message, code: 255 }),
      },
    ];
  });
}

interface CommandResult {
  command: string;
  stdout: string;
  stderr: string;
  code: number;
}

/** The command and its arguments; `$API` and `$TEMPLATE` stand for what the hook is told. */
function commandOf(hook: Entity<"hook">, run: HookRun): string[] {
  const words = (get(hook.template, "ARGUMENTS") ?? "").split(/\s+/).filter((word) => word !== "");
  const told = words.map((word) => (word === "$API" || word === "$TEMPLATE" ? run.arguments : word));
  return [get(hook.template, "COMMAND") ?? "", ...told];
}

function execute(command: string[], signal: AbortSignal): Promise<CommandResult> {
  const [file = "", ...rest] = command;
  return new Promise((resolve) => {
    execFile(file, rest, { signal, maxBuffer: 1 << 20 }, (error, stdout, stderr) => {
      const code = error === null ? 0 : typeof error.code === "number" ? error.code : 255;
      resolve({
        command: command.join(" "),
        stdout,
        stderr: stderr === "" && code === 255 ? (error?.message ?? "") : stderr,
        code,
      });
    });
  });
}

/** In base64 with lines of 60 characters, as hooks' output is logged. */
const lines64 = (text: string): string => base64(text).replace(/.{1,60}/g, "$&\n");

function finished(work: Work, hook: Entity<"hook">, run: HookRun, result: CommandResult): void {
  const { data } = hook;
  const record: HookRecord = {
    id: data.nextExecution++,
    timestamp: work.now(),
    arguments: run.arguments,
    ...result,
    stdout: lines64(result.stdout),
    stderr: lines64(result.stderr),
    retry: run.retry === true,
  };
  const kept = Number(work.config.vectors("HOOK_LOG_CONF")[0]?.LOG_RETENTION ?? "20");
  data.log = [...data.log, record].slice(-kept);
  data.pending = (data.pending ?? []).slice(1);
  work.state.touch("hook", hook);
}
