// SPDX-License-Identifier: Apache-2.0

import type { CallContext } from "../call";
import type { Entity } from "../entities";
import { Code, Failure } from "../failure";
import { checkQuotas, isRunning, vmUsage } from "../quota-use";
import { endVm } from "../vm/free";
import { copyRecord, lastRecord, setAction } from "../vm/history";
import { begin } from "../vm/machine";
import type { ProcessName } from "../vm/processes";
import { automaticRequirements } from "../vm/requirements";
import type { HistoryActionName } from "../vm/states";
import { VmState } from "../vm/states";
import { action, asker, stateOf, vmFor } from "./vm-common";

type Effect = (context: CallContext, vm: Entity<"vm">) => void;

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

const end: Effect = (context, vm) => endVm(context.work, vm);
const nothing: Effect = () => undefined;
const wait: Effect = (context, vm) => {
  vm.data.stopped = vm.data.state === VmState.STOPPED ? "stop" : "undeploy";
  automaticRequirements(context.state, vm);
  vm.data.state = VmState.PENDING;
};
const release: Effect = (context, vm) => {
  automaticRequirements(context.state, vm);
  vm.data.state = VmState.PENDING;
};
const hold: Effect = (_context, vm) => {
  vm.data.state = VmState.HOLD;
};
const resched =
  (on: boolean): Effect =>
  (context, vm) => {
    if (on) automaticRequirements(context.state, vm);
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

/** What one.vm.action knows. */
const ACTIONS: Record<string, VmAction> = {
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

export function vmAction(context: CallContext, name: string, id: number): number {
  const known = ACTIONS[name];
  const vm = vmFor(context, id, known?.right ?? "");
  if (known === undefined) throw action(`Action "${name}" is not supported`);
  const effect = known.from[stateOf(vm)];
  if (effect === undefined) {
    const reason = name.startsWith("terminate")
      ? `Could not terminate VM ${id}, wrong state ${stateOf(vm)}.`
      : `This action is not available for state ${stateOf(vm)}`;
    throw action(`Error performing action "${name}": ${reason}`);
  }
  if (name === "resume") checkRunning(context, vm);
  if (effect === "resume-suspended" || effect === "resume-poweroff") reopen(context, vm);
  // Asking the guest for a restart, or the scheduler for another host, is not part of a VM's history.
  if (!["hold", "release", "reboot", "reboot-hard", "resched", "unresched"].includes(name)) {
    if (effect !== wait && effect !== nothing) setAction(vm, known.record, asker(context));
  }
  if (typeof effect === "function") effect(context, vm);
  else begin(context.work, vm, effect, known.hard === true ? { hard: true } : {});
  context.state.touch("vm", vm);
  return id;
}

/** A VM that comes back counts as running again. */
function checkRunning(context: CallContext, vm: Entity<"vm">): void {
  if (isRunning(vm.data.state)) return;
  const { VM } = vmUsage(vm.template, true);
  const running = Object.entries(VM?.[""] ?? {}).filter(([metric]) => metric.startsWith("RUNNING_"));
  const owner = { uid: vm.uid, gid: vm.gid };
  try {
    checkQuotas(context, owner, { VM: { "": Object.fromEntries(running) } }, Code.ACTION);
  } catch (error) {
    throw error instanceof Failure ? action(error.message) : error;
  }
}

/** A VM that is started again where it was goes on in a record of its own. */
function reopen(context: CallContext, vm: Entity<"vm">): void {
  const record = lastRecord(vm);
  if (record === undefined) return;
  record.etime = context.now;
  copyRecord(vm, record, context.now);
}
