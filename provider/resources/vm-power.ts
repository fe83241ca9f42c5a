// SPDX-License-Identifier: Apache-2.0

/** States of VMs and the ways between them. */
import type { XmlElement } from "../../opennebula";
import type { Apply, EnumDefinition, ObjectWork } from "../definition";
import type { StateRule } from "../framework/kind";
import type { PropertyValue } from "../grpc/provider";
import { asText } from "../framework/values";

export const POWER_STATES: EnumDefinition = {
  name: "VmPowerState",
  description: "What a VM does.",
  values: {
    Running: "running",
    Poweroff: "poweroff",
    Suspended: "suspended",
    Stopped: "stopped",
    Undeployed: "undeployed",
    Hold: "hold",
  },
};

/** Names of the numbers in `STATE`. */
const STATES = [
  ...["INIT", "PENDING", "HOLD", "ACTIVE", "STOPPED", "SUSPENDED", "DONE", "FAILED", "POWEROFF", "UNDEPLOYED"],
  ...["CLONING", "CLONING_FAILURE"],
];
const RUNNING = 3;
/** Guest states that a monitoring has lost sight of. */
const UNKNOWN = 16;

/** Life-cycle states of failure: of boot, migration, prolog, epilog and so on. */
const FAILURES = new Set([36, 37, 38, 39, 40, 41, 42, 44, 46, 47, 48, 49, 50, 61]);

const stateOf = (object: XmlElement): string => STATES[object.int("STATE", -1)] ?? object.value("STATE");
const isActive = (object: XmlElement): boolean => stateOf(object) === "ACTIVE";

/** The power state that the VM has or, in a passing state, goes to as far as its state tells. */
export function powerOf(object: XmlElement): PropertyValue {
  const state = stateOf(object);
  const words: Record<string, string> = {
    HOLD: "hold",
    STOPPED: "stopped",
    SUSPENDED: "suspended",
    POWEROFF: "poweroff",
    UNDEPLOYED: "undeployed",
  };
  return words[state] ?? "running";
}

export const VM_STATE: StateRule = {
  word: (object) => (isActive(object) ? `ACTIVE, life-cycle state ${object.value("LCM_STATE")}` : stateOf(object)),
  judge: (object, wish) => {
    const state = stateOf(object);
    const lifeCycle = object.int("LCM_STATE", 0);
    if (state === "CLONING_FAILURE" || (isActive(object) && FAILURES.has(lifeCycle))) return "failed";
    const wanted = wish["powerState"] ?? "running";
    if (isActive(object)) return wanted === "running" && lifeCycle === RUNNING ? "ready" : "busy";
    return state.toLowerCase() === wanted ? "ready" : "busy";
  },
  reason: (object) => {
    const own = object.child("USER_TEMPLATE");
    return [own?.value("SCHED_MESSAGE"), own?.value("ERROR")].find((one) => one !== undefined && one !== "");
  },
  settleSeconds: 2,
  seconds: 600,
};

/** Actions that lead from a running VM to each state. */
const AWAY: Record<string, string> = {
  poweroff: "poweroff",
  suspended: "suspend",
  stopped: "stop",
  undeployed: "undeploy",
};

export const powerApply: Apply = async (work, { wanted }) => {
  const object = await work.again();
  const now = powerOf(object);
  if (now === wanted) return;
  if (wanted === "hold") {
    if (stateOf(object) !== "PENDING") throw new Error(`powerState: a VM that is ${asText(now)} cannot be put on hold`);
    await work.call("one.vm.action", ["hold", Number(work.id)]);
    return;
  }
  if (now !== "running") await start(work, now === "hold");
  if (wanted !== "running") {
    await work.until("it does not run", isRunning);
    const action = AWAY[asText(wanted)] ?? "poweroff";
    await act(work, ["one.vm.action", [action, Number(work.id)]], (one) => !isRunning(one));
    await work.until(`it is not ${asText(wanted)}`, (one) => powerOf(one) === wanted);
  }
};

/** What `one.vm.deploy` takes: the host, its capacity checked, any of its datastores, no further attributes. */
export function deployment(id: string, host: PropertyValue): (string | number | boolean)[] {
  return [Number(id), Number(host), true, -1, ""];
}

type Step = [method: string, parameters: (string | number | boolean)[]];

/** Does a step once: if its answer was lost and it is sent again, oned refuses it because the VM has gone on already. */
async function act(work: ObjectWork, [method, parameters]: Step, done: (object: XmlElement) => boolean): Promise<void> {
  await work.call(method, parameters).catch(async (error: unknown) => {
    if (!done(await work.again())) throw error;
  });
}

/** Starts the VM, on the host that was asked for if it was never started. */
async function start(work: ObjectWork, held: boolean): Promise<void> {
  const { host } = work.wish;
  const deploy: Step = ["one.vm.deploy", deployment(work.id, host ?? -1)];
  const wake: Step = ["one.vm.action", [held ? "release" : "resume", Number(work.id)]];
  await act(work, held && host !== undefined ? deploy : wake, (object) => powerOf(object) === "running");
  await work.until("it has not begun to start", (object) => powerOf(object) === "running");
}

/** The guest runs, or oned has lost sight of it. */
export function isRunning(object: XmlElement): boolean {
  const lifeCycle = object.int("LCM_STATE", 0);
  return isActive(object) && (lifeCycle === RUNNING || lifeCycle === UNKNOWN);
}

/** The VM is between two states: no call is taken. */
export function isPassing(object: XmlElement): boolean {
  return isActive(object) && !isRunning(object);
}

/**
 * Makes a change that some hypervisors take only from a VM that is off.
 *
 * @param what - for the error, e.g. "the new memory".
 */
export async function whilePoweredOff(work: ObjectWork, what: string, change: () => Promise<void>): Promise<void> {
  const object = await work.until("a change before this one is not finished", (one) => !isPassing(one));
  if (!isRunning(object)) {
    await change();
    return;
  }
  if (work.wish["allowPowerOff"] !== true) {
    throw new Error(`${what} cannot be given to a running VM; power it off, or set allowPowerOff`);
  }
  await act(work, ["one.vm.action", ["poweroff", Number(work.id)]], (one) => !isRunning(one));
  await work.until("it is not powered off", (one) => powerOf(one) === "poweroff");
  await change();
  if (work.wish["powerState"] === "running") await start(work, false);
}
