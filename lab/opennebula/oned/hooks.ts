// SPDX-License-Identifier: Apache-2.0

import type { Entity, KindName } from "./entities";
import { HostState } from "./entities";
import { ImageState } from "./images/states";
import { KINDS, render } from "./kinds";
import type { Kind, RenderContext } from "./kinds/kind";
import { isYes } from "./leases";
import { VnState } from "./network/definition";
import type { State } from "./state";
import { get } from "./template";
import { lastRecord } from "./vm/history";
import { lcmName, VmState } from "./vm/states";
import { escapeXml } from "./xml";
import type { Value } from "./xmlrpc";

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
    addRun(context.state, hook, { told: callInfo(context, call) });
  }
}

/** A run to come; one that is meant for a host, of an event that is about none, is none. */
function addRun(state: State, hook: Entity<"hook">, { told, host = "" }: { told: string; host?: string }): void {
  const remote = isYes(get(hook.template, "REMOTE"));
  if (remote && host === "") return;
  const words = (get(hook.template, "ARGUMENTS") ?? "").split(/\s+/).filter((word) => word !== "");
  const given = words.map((word) => (word === "$API" || word === "$TEMPLATE" ? base64(told) : word)).join(" ");
  hook.data.pending = [...(hook.data.pending ?? []), { arguments: given, ...(remote && { host }) }];
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

interface Watched<K extends KindName> {
  /** Names of the kind in a hook's template. */
  resources: string[];
  /** The state's name; a VM's two states are joined by a blank. */
  state: (e: Entity<K>) => string;
  /** The host that the event is about. */
  host?: (e: Entity<K>) => string | undefined;
}

/** What a hook on a state may wait for. */
const WATCHED: { [K in "vm" | "host" | "image" | "vn"]: Watched<K> } = {
  vm: {
    resources: ["VM"],
    state: ({ data }) => `${nameOf(VmState, data.state)} ${lcmName(data.lcm)}`,
    host: (vm) => lastRecord(vm)?.hostname,
  },
  host: { resources: ["HOST"], state: ({ data }) => nameOf(HostState, data.state) ?? "", host: ({ name }) => name },
  image: { resources: ["IMAGE"], state: ({ data }) => nameOf(ImageState, data.state) ?? "" },
  vn: { resources: ["NET", "VNET"], state: ({ data }) => nameOf(VnState, data.state) ?? "" },
};

/** Every hook that waits for a state gets a run when an object of the changes to be stored has come to it. */
export function noteStates(context: RenderContext): void {
  const hooks = context.state.all("hook").filter((hook) => hook.data.type === "state");
  if (hooks.length === 0) return;
  for (const { kind, id, before } of context.state.touched()) {
    const watched = (WATCHED as Partial<Record<KindName, Watched<KindName>>>)[kind];
    const entity = context.state.find(kind, id);
    if (watched === undefined || entity === undefined) continue;
    const state = watched.state(entity);
    if (before !== undefined && watched.state(before) === state) continue;
    for (const hook of hooks) {
      if (!watched.resources.includes((get(hook.template, "RESOURCE") ?? "").toUpperCase())) continue;
      const lcm = kind === "vm" ? ` ${get(hook.template, "LCM_STATE") ?? ""}` : "";
      if (`${(get(hook.template, "STATE") ?? "").toUpperCase()}${lcm}` !== state) continue;
      const told = render(KINDS[kind as "vm"], entity as Entity<"vm">, context);
      addRun(context.state, hook, { told, host: watched.host?.(entity) });
    }
  }
}
