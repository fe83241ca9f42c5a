// SPDX-License-Identifier: Apache-2.0

import type { Work } from "../background";
import type { Entity } from "../entities";
import { Code, Failure } from "../failure";
import { endVm } from "./free";
import type { Asker } from "./history";
import { copyRecord, lastRecord, setAction } from "./history";
import { begin } from "./machine";
import type { ProcessName } from "./processes";
import { automaticRequirements } from "./requirements";
import type { HistoryActionName } from "./states";
import { VmState, vmStateName } from "./states";

/** What changes of VMs need. */
type Changes = Pick<Work, "state" | "now">;
type Effect = (work: Changes, vm: Entity<"vm">) => void;

interface VmAction {
  /** The operation whose right it needs. */
  right: string;
  /** By the state that the VM is in: the process that it starts, or what it changes at once. */
  from: Partial<Record<string, ProcessName | Effect>>;
  /** Not waiting for the guest. */
  hard?: boolean;
  /** As the history records it. */
  record: HistoryActionName;
}

const end: Effect = (work, vm) => endVm(work, vm);
const nothing: Effect = () => undefined;
const wait: Effect = (work, vm) => {
  vm.data.stopped = vm.data.state === VmState.STOPPED ? "stop" : "undeploy";
  automaticRequirements(work.state, vm);
  vm.data.state = VmState.PENDING;
};
const release: Effect = (work, vm) => {
  automaticRequirements(work.state, vm);
  vm.data.state = VmState.PENDING;
};
const hold: Effect = (_work, vm) => {
  vm.data.state = VmState.HOLD;
};
const resched =
  (on: boolean): Effect =>
  (work, vm) => {
    if (on) automaticRequirements(work.state, vm);
    vm.data.resched = on;
  };

/** A VM that did not get anywhere is wiped. */
const FAILURES = [
  ...["BOOT_FAILURE", "BOOT_MIGRATE_FAILURE", "PROLOG_MIGRATE_FAILURE", "PROLOG_FAILURE", "EPILOG_FAILURE"],
  ...["EPILOG_STOP_FAILURE", "EPILOG_UNDEPLOY_FAILURE", "PROLOG_MIGRATE_POWEROFF_FAILURE"],
  ...["PROLOG_MIGRATE_SUSPEND_FAILURE", "BOOT_UNDEPLOY_FAILURE", "BOOT_STOPPED_FAILURE", "PROLOG_RESUME_FAILURE"],
  ...["PROLOG_UNDEPLOY_FAILURE", "PROLOG_MIGRATE_UNKNOWN_FAILURE"],
];
const wiped = Object.fromEntries(FAILURES.map((state) => [state, "delete" as const]));
const TERMINATE: VmAction["from"] = {
  ...wiped,
  ...{ RUNNING: "terminate", UNKNOWN: "terminate" },
  ...{ SUSPENDED: "terminate-off", POWEROFF: "terminate-off", STOPPED: "terminate-off", UNDEPLOYED: "terminate-off" },
  ...{ INIT: end, PENDING: end, HOLD: end, CLONING: end, CLONING_FAILURE: end, DONE: nothing },
};

/** What one.vm.action and scheduled actions know. */
export const ACTIONS: Record<string, VmAction> = {
  terminate: { right: "terminate", from: TERMINATE, record: "terminate" },
  "terminate-hard": {
    ...{ right: "terminate", from: { ...TERMINATE, SHUTDOWN: "terminate" }, record: "terminate-hard", hard: true },
  },
  undeploy: {
    ...{ right: "undeploy", record: "undeploy" },
    from: { RUNNING: "undeploy", UNKNOWN: "undeploy", POWEROFF: "undeploy-poweroff" },
  },
  "undeploy-hard": {
    ...{ right: "undeploy", record: "undeploy-hard", hard: true },
    from: { RUNNING: "undeploy", UNKNOWN: "undeploy", POWEROFF: "undeploy-poweroff", SHUTDOWN_UNDEPLOY: "undeploy" },
  },
  poweroff: { right: "poweroff", record: "poweroff", from: { RUNNING: "poweroff", UNKNOWN: "poweroff" } },
  "poweroff-hard": {
    ...{ right: "poweroff", record: "poweroff-hard", hard: true },
    from: { RUNNING: "poweroff", UNKNOWN: "poweroff", SHUTDOWN_POWEROFF: "poweroff" },
  },
  stop: { right: "stop", record: "stop", from: { RUNNING: "stop", SUSPENDED: "stop-suspended" } },
  suspend: { right: "suspend", record: "suspend", from: { RUNNING: "suspend" } },
  resume: {
    ...{ right: "resume", record: "resume" },
    from: {
      ...{ STOPPED: wait, UNDEPLOYED: wait, SUSPENDED: "resume-suspended", POWEROFF: "resume-poweroff" },
      UNKNOWN: "resume-unknown",
    },
  },
  hold: { right: "hold", record: "hold", from: { PENDING: hold } },
  release: { right: "release", record: "release", from: { HOLD: release } },
  reboot: { right: "reboot", record: "reboot", from: { RUNNING: "reboot" } },
  "reboot-hard": { right: "reboot", record: "reboot-hard", from: { RUNNING: "reset" } },
  resched: {
    right: "resched",
    record: "resched",
    from: { RUNNING: resched(true), UNKNOWN: resched(true), POWEROFF: resched(true) },
  },
  unresched: {
    ...{ right: "resched", record: "unresched" },
    from: { RUNNING: resched(false), UNKNOWN: resched(false), POWEROFF: resched(false) },
  },
};

/** Does an action to a VM, or throws oned's refusal. */
export function applyAction(work: Changes, vm: Entity<"vm">, name: string, asker: Asker): void {
  const known = ACTIONS[name];
  if (known === undefined) throw new Failure(Code.ACTION, `Action "${name}" is not supported`);
  const state = vmStateName(vm.data);
  const effect = known.from[state];
  if (effect === undefined) {
    const reason = name.startsWith("terminate")
      ? `Could not terminate VM ${vm.id}, wrong state ${state}.`
      : `This action is not available for state ${state}`;
    throw new Failure(Code.ACTION, `Error performing action "${name}": ${reason}`);
  }
  if (effect === "resume-suspended" || effect === "resume-poweroff") reopen(work, vm);
  // Asking the guest for a restart, or the scheduler for another host, is not part of a VM's history.
  if (!["hold", "release", "reboot", "reboot-hard", "resched", "unresched"].includes(name)) {
    if (effect !== wait && effect !== nothing) setAction(vm, known.record, asker);
  }
  if (typeof effect === "function") effect(work, vm);
  else begin(work, vm, effect, known.hard === true ? { hard: true } : {});
  work.state.touch("vm", vm);
}

/** A VM that is started again where it was goes on in a record of its own. */
function reopen(work: Changes, vm: Entity<"vm">): void {
  const record = lastRecord(vm);
  if (record === undefined) return;
  record.etime = work.now();
  copyRecord(vm, record, work.now());
}
