// SPDX-License-Identifier: Apache-2.0

import type { CallContext } from "../call";
import { Code, Failure } from "../failure";
import type { State } from "../state";
import type { SchedAction } from "./entity";
import type { Vector } from "./vectors";

const COUNTER = "LAST_OID_sched_action";
const ACTIONS = [
  ...["terminate", "terminate-hard", "hold", "release", "stop", "suspend", "resume", "reboot", "reboot-hard"],
  ...["poweroff", "poweroff-hard", "undeploy", "undeploy-hard", "snapshot-create", "snapshot-revert"],
  ...["snapshot-delete", "disk-snapshot-create", "disk-snapshot-revert", "disk-snapshot-delete", "backup"],
];

/** Scheduled actions have numbers of their own, over VMs and backup jobs. */
function nextNumber(state: State): number {
  const id = Number(state.attribute(COUNTER) ?? "-1") + 1;
  state.setAttribute(COUNTER, String(id));
  return id;
}

const refuse = (message: string): Failure => new Failure(Code.ACTION, message);

interface TimeBase {
  /** From when `+60` counts, seconds since the epoch. */
  start: number;
  /** Whether such times may be given at all. */
  relative: boolean;
}

/** A scheduled action from its vector; throws oned's refusal. */
export function schedActionFrom(context: Pick<CallContext, "state">, given: Vector, base: TimeBase): SchedAction {
  const action = given.ACTION ?? (base.relative ? "" : "backup");
  if (!ACTIONS.includes(action)) throw refuse(`Action ${action} is not supported`);
  const blank: SchedAction = {
    ...{ id: -1, action, args: "", time: 0, repeat: -1, days: "", endType: -1, endValue: -1, done: -1 },
    ...{ message: "", warning: 0 },
  };
  const made = changed(blank, { ...given, TIME: given.TIME ?? "" }, base);
  return { ...made, id: nextNumber(context.state) };
}

/** The action with the values of a vector in place of its own. */
export function changed(action: SchedAction, given: Vector, base: TimeBase): SchedAction {
  const number = (name: string, old: number): number => (given[name] === undefined ? old : Number(given[name]));
  return {
    ...action,
    action: given.ACTION ?? action.action,
    args: given.ARGS ?? action.args,
    time: given.TIME === undefined ? action.time : timeOf(given.TIME, base),
    repeat: number("REPEAT", action.repeat),
    days: given.DAYS ?? action.days,
    endType: number("END_TYPE", action.endType),
    endValue: number("END_VALUE", action.endValue),
    warning: number("WARNING", action.warning),
  };
}

function timeOf(text: string, { start, relative }: TimeBase): number {
  if (relative && /^\+\d+$/.test(text)) return start + Number(text.slice(1));
  if (/^\d+$/.test(text)) return Number(text);
  throw refuse(`Unable to parse the time value or value is empty: ${text}`);
}

const DAY = 86_400;

/** When a repeated action is due next, after the given time; undefined when it is not repeated, or has ended. */
export function nextTime(action: SchedAction, after: number): number | undefined {
  const days = action.days
    .split(",")
    .filter((day) => day !== "")
    .map(Number);
  if (action.repeat < 0 || days.length === 0) return undefined;
  for (let time = action.time + (action.repeat === 3 ? 0 : DAY); ; time += DAY) {
    if (action.repeat === 3) {
      time =
        action.time + (days[0] ?? 1) * 3600 * Math.max(1, Math.ceil((after - action.time) / ((days[0] ?? 1) * 3600)));
    }
    const date = new Date(time * 1000);
    const yearDay = Math.floor(
      (Date.UTC(date.getFullYear(), date.getMonth(), date.getDate()) - Date.UTC(date.getFullYear(), 0, 0)) /
        (DAY * 1000),
    );
    const value = [date.getDay(), date.getDate(), yearDay][action.repeat];
    if (time > after && (action.repeat === 3 || (value !== undefined && days.includes(value)))) {
      return action.endType === 2 && time > action.endValue ? undefined : time;
    }
    if (time > after + 366 * DAY) return undefined;
  }
}
