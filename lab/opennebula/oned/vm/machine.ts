// SPDX-License-Identifier: Apache-2.0

import type { Task, Work } from "../background";
import type { HostDrivers, VmJob } from "../drivers";
import type { Entity } from "../entities";
import { renderVm } from "../kinds/vm";
import { errorText } from "../log";
import { set } from "../template";
import type { HistoryRecord, Subject } from "./entity";
import { lastRecord } from "./history";
import { outcomeDone, outcomeFailed, subjectJob } from "./outcomes";
import type { Driver, DriverCall, Process, ProcessName, Rest, Step } from "./processes";
import { PROCESSES } from "./processes";
import type { LcmName } from "./states";
import { lcmNumber, VmState } from "./states";

/** Files may be large; everything else is quick. */
const TM_SECONDS = 3600;
const STEP_SECONDS = 600;

export const processOf = (name: ProcessName): Process => PROCESSES[name];

/** Begins a process; its steps run in the background. */
export function begin(
  work: Pick<Work, "state" | "now">,
  vm: Entity<"vm">,
  process: ProcessName,
  subject: Subject = {},
): void {
  const { data } = vm;
  data.work = { process, step: 0, subject };
  delete data.failed;
  data.resched = false;
  enter(vm, processOf(process).steps[0], work.now());
  work.state.touch("vm", vm);
}

/** Sets the state of a step, and the times of the record that it is part of. */
function enter(vm: Entity<"vm">, step: Step | undefined, now: number): void {
  if (step === undefined) return;
  const { data } = vm;
  data.state = VmState.ACTIVE;
  data.lcm = lcmNumber(step.lcm);
  const record = lastRecord(vm);
  if (record === undefined) return;
  if (/^PROLOG/.test(step.lcm)) record.prolog[0] = now;
  if (/^EPILOG/.test(step.lcm)) record.epilog[0] = now;
}

/** Sets the times when a step has ended. */
function leave(vm: Entity<"vm">, step: Step, now: number): void {
  const record = lastRecord(vm);
  const previous = vm.data.history.at(-2);
  if (record === undefined) return;
  if (/^PROLOG/.test(step.lcm)) record.prolog[1] = now;
  if (/^(PROLOG|PROLOG_RESUME|PROLOG_UNDEPLOY|PROLOG_MIGRATE|PROLOG_MIGRATE_UNKNOWN)$/.test(step.lcm)) {
    record.running[0] = now;
  }
  if (/^EPILOG/.test(step.lcm)) record.epilog[1] = now;
  if (/^(SAVE_STOP|SAVE_SUSPEND|SHUTDOWN)/.test(step.lcm)) record.running[1] = now;
  // The stay on the host that it came from ends when it has left it.
  if (/^(SAVE_MIGRATE|MIGRATE|PROLOG_MIGRATE_(POWEROFF|SUSPEND|UNKNOWN))$/.test(step.lcm) && previous !== undefined) {
    if (step.lcm === "MIGRATE") record.running[0] = now;
    if (previous.running[1] === 0) previous.running[1] = now;
    previous.etime = now;
  }
}

/** Puts a VM to rest. */
export function rest(vm: Entity<"vm">, where: Rest): void {
  const own = (VmState as Record<string, number>)[where];
  vm.data.state = own ?? VmState.ACTIVE;
  vm.data.lcm = own === undefined ? lcmNumber(where as LcmName) : 0;
}

/** The steps that VMs wait for. */
export function vmTasks(work: Work): Task[] {
  return work.state.all("vm").flatMap((vm) => {
    const doing = vm.data.work;
    const step = doing === undefined ? undefined : processOf(doing.process).steps[doing.step];
    if (doing === undefined || step === undefined) return [];
    const { process, step: index } = doing;
    /** The VM, unless it was taken away or set on another way in the meantime. */
    const current = (): Entity<"vm"> | undefined => {
      const found = work.state.find("vm", vm.id);
      return found?.data.work?.process === process && found.data.work.step === index ? found : undefined;
    };
    return [
      {
        key: `vm/${vm.id}`,
        seconds: step.run.some(({ call }) => call[0] === "tm") ? TM_SECONDS : STEP_SECONDS,
        run: (signal: AbortSignal) => runStep(work, vm, step, signal),
        done: (answers: Answers) => stepDone(work, current(), answers),
        failed: (message: string) => stepFailed(work, current(), message),
      },
    ];
  });
}

/** What the drivers of a step answered. */
interface Answers {
  deployId?: string;
  /** Of the last hypervisor action. */
  answer?: string;
}

/** Runs the calls of a step. */
async function runStep(work: Work, vm: Entity<"vm">, step: Step, signal: AbortSignal): Promise<Answers> {
  const answers: Answers = {};
  for (const call of step.run) {
    try {
      const answer = await perform(work, vm, call, { signal, deployId: answers.deployId });
      if (answer === undefined) continue;
      answers.answer = answer;
      if (call.call[1] === "deploy" || call.call[1] === "restore") answers.deployId = answer;
    } catch (error) {
      const message = error instanceof Error ? error.message : "unknown error";
      work.log.error("VMM", `VM ${vm.id}: ${call.call.join(" ")}: ${message}`);
      if (call.ignore === true) continue;
      for (const undo of call.undo ?? []) {
        await perform(work, vm, { ...call, call: undo }, { signal, deployId: answers.deployId }).catch(
          (reason: Error) => work.log.error("VMM", `VM ${vm.id}: ${undo.join(" ")}: ${reason.message}`),
        );
      }
      throw error;
    }
  }
  return answers;
}

interface Running {
  signal: AbortSignal;
  /** What a former call of the step gave. */
  deployId: string | undefined;
}

async function perform(work: Work, vm: Entity<"vm">, call: DriverCall, running: Running): Promise<string | undefined> {
  const now = lastRecord(vm);
  const migrates = vm.data.work?.process.startsWith("migrate") === true;
  const record = migrates && call.from === true ? vm.data.history.at(-2) : now;
  // A VM that never got to a host has nothing there.
  if (record === undefined || now === undefined) return undefined;
  const drivers = work.drivers.host(record.vmMad);
  if (drivers === undefined) throw new Error(`no virtualization driver ${record.vmMad}`);
  const job = jobOf(work, vm, record, running);
  if (migrates) job.destination = place(work, now);
  const hard = vm.data.work?.subject.hard === true;
  return run(drivers, call.call[1] === "shutdown" && hard ? ["vmm", "cancel"] : call.call, job);
}

async function run(drivers: HostDrivers, [kind, action]: Driver, job: VmJob): Promise<string | undefined> {
  if (kind === "vmm") return drivers.vmm(action, job);
  const answer = await (kind === "tm" ? drivers.tm(action, job) : drivers.vnm(action, job));
  return typeof answer === "string" ? answer : undefined;
}

const place = (work: Work, record: HistoryRecord): Pick<VmJob, "host" | "datastore"> => ({
  host: { id: record.hid, name: record.hostname, vmMad: record.vmMad },
  datastore: { id: record.dsId, tmMad: record.tmMad, path: `${work.datastoreLocation}/${record.dsId}` },
});

/** What drivers are told of a VM where a record of its history says it is. */
export function jobOf(work: Work, vm: Entity<"vm">, record: HistoryRecord, { signal, deployId }: Running): VmJob {
  return {
    id: vm.id,
    name: vm.name,
    xml: renderVm(vm, work),
    template: vm.template,
    ...place(work, record),
    deployId: deployId ?? vm.data.deployId,
    ...subjectJob(work, vm),
    signal,
  };
}

/** Goes on after a step: with the next one, or to rest. */
export function stepDone(work: Work, vm: Entity<"vm"> | undefined, answers: Answers = {}): void {
  const doing = vm?.data.work;
  if (vm === undefined || doing === undefined) return;
  const process = processOf(doing.process);
  const step = process.steps[doing.step];
  const now = work.now();
  if (step !== undefined) leave(vm, step, now);
  if (answers.deployId !== undefined) vm.data.deployId = answers.deployId;
  doing.step++;
  const next = process.steps[doing.step];
  if (next !== undefined) enter(vm, next, now);
  else {
    delete vm.data.work;
    rest(vm, process.end);
    const record = lastRecord(vm);
    if (record !== undefined && (process.end === "POWEROFF" || process.end === "SUSPENDED")) record.running[1] = now;
    outcomeDone(work, vm, doing, answers.answer);
  }
  work.state.touch("vm", vm);
}

/** Ends a process at the step that failed; users read the reason in the VM's user template. */
export function stepFailed(work: Work, vm: Entity<"vm"> | undefined, message: string): void {
  const doing = vm?.data.work;
  if (vm === undefined || doing === undefined) return;
  const step = processOf(doing.process).steps[doing.step];
  delete vm.data.work;
  vm.data.failed = doing;
  if (step !== undefined) rest(vm, step.fail);
  vm.data.userTemplate = set(vm.data.userTemplate, "ERROR", errorText(work.now(), message));
  outcomeFailed(work, vm, doing);
  work.state.touch("vm", vm);
}
