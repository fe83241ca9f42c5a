// SPDX-License-Identifier: Apache-2.0

import type { CallContext, Methods } from "../call";
import { authorize, checkName, create, takeName, template, use } from "../call";
import { HostState, ONEADMIN_GROUP } from "../entities";
import { Code, Failure } from "../failure";
import { ImageState } from "../images/states";
import { hookRecord } from "../kinds/automation";
import { isYes } from "../leases";
import { VnState } from "../network/definition";
import type { Params } from "../params";
import { signatures } from "../signatures";
import type { Template } from "../template";
import { get, set, without } from "../template";
import { lcmNames, VmState } from "../vm/states";
import { AFTER_UPDATE } from "./common";

const internal = (message: string): Failure => new Failure(Code.INTERNAL, message);

/** What a hook on a VM is called by, and the states that it stands for. */
const VM_EVENTS: Record<string, [state: string, lcm: string]> = {
  PROLOG: ["ACTIVE", "PROLOG"],
  RUNNING: ["ACTIVE", "RUNNING"],
  SHUTDOWN: ["ACTIVE", "EPILOG"],
  STOP: ["STOPPED", "LCM_INIT"],
  DONE: ["DONE", "LCM_INIT"],
  UNKNOWN: ["ACTIVE", "UNKNOWN"],
};
const VN_STATES = ["READY", "LOCK_CREATE", "LOCK_DELETE", "DONE", ...Object.keys(VnState)];

/** Calls that read, whose hooks would never have anything to do. */
const READS = /\.(info|infoextended|infoset|monitoring|accounting|showback)$/;

function checkCall(context: CallContext, given: Template): string | undefined {
  const call = get(given, "CALL") ?? "";
  return signatures(context.version).has(call) && call.startsWith("one.") && !READS.test(call) ? undefined : call;
}

/** The template of a state hook, with the states that it waits for; throws oned's refusal. */
function withStates(given: Template): Template {
  const resource = (get(given, "RESOURCE") ?? "").toUpperCase();
  const state = (get(given, "STATE") ?? "").toUpperCase();
  switch (resource) {
    case "VM":
      return withVmStates(given);
    case "HOST":
      if (!(state in HostState)) throw internal(`Invalid STATE: ${get(given, "STATE") ?? ""}`);
      return given;
    case "IMAGE":
      if (get(given, "STATE") === undefined) throw internal("Hook STATE attribute not found or invalid");
      if (!(state in ImageState)) throw internal(`Invalid or unkown STATE condition: ${get(given, "STATE")}`);
      return given;
    case "NET":
    case "VNET":
      if (!VN_STATES.includes(state)) throw internal(`Invalid STATE: ${get(given, "STATE") ?? ""}`);
      return given;
    default:
      throw internal(`Invalid resource type: ${get(given, "RESOURCE") ?? ""}`);
  }
}

function withVmStates(given: Template): Template {
  const on = (get(given, "ON") ?? "").toUpperCase();
  let states = VM_EVENTS[on];
  if (on === "CUSTOM") {
    const [state, lcm] = [get(given, "STATE") ?? "", get(given, "LCM_STATE") ?? ""];
    if (!(state in VmState)) throw internal(`Wrong STATE: ${state}`);
    if (!lcmNames().includes(lcm)) throw internal(`Wrong LCM_STATE: ${lcm}`);
    states = [state, lcm];
  }
  if (states === undefined) throw internal(`Unkown state condition: ${on}`);
  return set(set(without(given, "ON"), "STATE", states[0]), "LCM_STATE", states[1]);
}

function allocate(context: CallContext, params: Params): number {
  const given = template(params.string(0));
  authorize(context, ["CREATE", { type: "HOOK" }]);
  const type = (get(given, "TYPE") ?? "").toLowerCase();
  if (type !== "api" && type !== "state") throw internal(`Invalid Hook type: ${get(given, "TYPE") ?? ""}`);
  const { name, rest } = takeName(given);
  if (name === "") throw internal("No NAME in template for Hook.");
  checkName(name);
  if ((get(rest, "COMMAND") ?? "") === "") throw internal("No COMMAND in template for Hook.");
  const remote = isYes(get(rest, "REMOTE")) ? "YES" : "NO";
  const common = set(without(rest, "TYPE"), "REMOTE", remote);
  const object = { name, uid: 0, gid: 0, data: { type, log: [], nextExecution: 0 } };
  // A taken name is refused before the rest of the hook is looked at.
  const hook = create(context, "hook", { ...object, template: common });
  if (type === "state") hook.template = withStates(common);
  else {
    const bad = checkCall(context, common);
    if (bad !== undefined) throw internal(`API call does not exist or is not supported: ${bad}`);
  }
  return hook.id;
}

AFTER_UPDATE.hook = (context, hook) => {
  const refuse = (reason: string): Failure => internal(`Cannot update template. ${reason}`);
  const value = (name: string): string => get(hook.template, name) ?? "";
  if (value("COMMAND") === "") throw refuse("The COMMAND attribute is not defined.");
  if (hook.data.type === "api") {
    if (checkCall(context, hook.template) === undefined) return;
    throw refuse("The CALL attribute is not defined or it's invalid.");
  }
  const resource = value("RESOURCE").toUpperCase();
  const known = { VM: VmState, HOST: HostState }[resource];
  const valid = known === undefined ? get(hook.template, "STATE") !== undefined : value("STATE").toUpperCase() in known;
  if (!valid) throw refuse("The STATE attribute is not defined or it's invalid.");
  if (resource === "VM" && !lcmNames().includes(value("LCM_STATE").toUpperCase())) {
    throw refuse("The LCM_STATE attribute is not defined or it's invalid.");
  }
};

/** Records between two times (-1: no limit) of one hook or of all (-1), by outcome: -1 failed, 1 succeeded, else all. */
function log(context: CallContext, params: Params): string {
  const [from, to, hookId, outcome] = [params.int(0), params.int(1), params.int(2), params.int(3)];
  if (!context.user.data.groups.includes(ONEADMIN_GROUP)) {
    throw new Failure(Code.AUTHORIZATION, `User [${context.user.id}] not authorized to perform action on hook.`);
  }
  const hooks = context.state.all("hook").reverse();
  const records = hooks.flatMap((hook) => {
    if (hookId >= 0 && hook.id !== hookId) return [];
    const wanted = hook.data.log.filter(
      ({ timestamp, code }) =>
        (from < 0 || timestamp > from) &&
        (to < 0 || timestamp < to) &&
        (Math.abs(outcome) !== 1 || (outcome === 1) === (code === 0)),
    );
    return wanted.map((record) => hookRecord(hook.id, record));
  });
  return `<HOOKLOG>${records.join("")}</HOOKLOG>`;
}

export const hookMethods: Methods = {
  "one.hook.allocate": allocate,
  "one.hooklog.info": log,
  "one.hook.retry": (context, params) => {
    const [id, execution] = [params.int(0), params.int(1)];
    const hook = use(context, "hook", id, "MANAGE");
    const record = hook.data.log.find((entry) => entry.id === execution);
    if (record === undefined) throw internal("Invalid HookLog body. Arguments not found.");
    const { arguments: given, host } = record;
    const again = { arguments: given, ...(host !== undefined && { host }), retry: true as const };
    hook.data.pending = [...(hook.data.pending ?? []), again];
    context.state.touch("hook", hook);
    return id;
  },
};
