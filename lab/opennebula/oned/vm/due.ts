// SPDX-License-Identifier: Apache-2.0

import type { Work } from "../background";
import type { Entity } from "../entities";
import { Code, Failure } from "../failure";
import { get } from "../template";
import { applyAction } from "./actions";
import type { SchedAction } from "./entity";
import { closeRecord } from "./history";
import { begin } from "./machine";
import { nextTime } from "./schedule";
import { systemSnapshot } from "./snapshot";
import { VmState, vmStateName } from "./states";

/** Between a job's start and its first backup the scheduler's timer passes, seconds. */
const JOB_DELAY = 5;

const DAEMON = { uid: -1, gid: -1, requestId: -1 };

/** Does what was planned for a time that has come; what cannot be done leaves its reason. */
export function dueActions(work: Work): boolean {
  let changed = false;
  const now = work.now();
  for (const vm of work.state.all("vm")) {
    if (vm.data.state === VmState.DONE) continue;
    for (const plan of vm.data.schedActions.filter(({ time, done }) => time <= now && done < time)) {
      perform(work, vm, plan);
      work.state.touch("vm", vm);
      changed = true;
    }
  }
  for (const job of work.state.all("backupjob")) {
    for (const plan of job.data.schedActions.filter(({ time, done }) => time <= now && done < time)) {
      if (job.data.outdated.length === 0 && job.data.backingUp.length === 0) runJob(job, now);
      again(plan, now);
      work.state.touch("backupjob", job);
      changed = true;
    }
  }
  return changed;
}

function perform(work: Work, vm: Entity<"vm">, plan: SchedAction): void {
  try {
    if (plan.action === "backup") planBackup(work, vm, Number(plan.args));
    else if (plan.action === "snapshot-create") systemSnapshot(work, vm, plan.args);
    else applyAction(work, vm, plan.action, DAEMON);
    plan.message = "";
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    plan.message = error.message;
  }
  again(plan, work.now());
}

/** Notes that an action was done, and when it is due next. */
function again(plan: SchedAction, now: number): void {
  plan.done = now;
  // An end by number counts down.
  if (plan.endType === 1) plan.endValue--;
  const next = plan.endType === 1 && plan.endValue <= 0 ? undefined : nextTime(plan, now);
  if (next !== undefined) plan.time = next;
}

function planBackup(work: Work, vm: Entity<"vm">, datastoreId: number): void {
  const running = vm.data.state === VmState.ACTIVE && vm.data.lcm === 3;
  const usable = work.state.find("datastore", datastoreId)?.data.type === 3;
  if (!usable) throw new Failure(Code.ACTION, "Datastore needs to be of type BACKUP");
  if (!running && vm.data.state !== VmState.POWEROFF) {
    throw new Failure(
      Code.ACTION,
      `Could not create a new backup for VM ${vm.id}, wrong state ${vmStateName(vm.data)}.`,
    );
  }
  closeRecord(vm, "backup", DAEMON, work.now());
  begin(work, vm, running ? "backup" : "backup-poweroff", { datastoreId });
}

/** Backup jobs go on: what has ended is noted, what waits is begun, one after the other or all at once. */
export function backupJobs(work: Work): boolean {
  let changed = false;
  for (const job of work.state.all("backupjob")) {
    const { data } = job;
    const before = JSON.stringify(data);
    for (const id of data.backingUp) note(work, job, id);
    if (data.outdated.length > 0 && work.now() >= data.due) {
      const sequential = get(job.template, "EXECUTION") !== "PARALLEL";
      const next = sequential ? (data.backingUp.length > 0 ? [] : data.outdated.slice(0, 1)) : data.outdated;
      for (const id of next) start(work, job, id);
    }
    if (JSON.stringify(data) === before) continue;
    work.state.touch("backupjob", job);
    changed = true;
  }
  return changed;
}

function note(work: Work, job: Entity<"backupjob">, id: number): void {
  const vm = work.state.find("vm", id);
  if (vm?.data.work?.process.startsWith("backup") === true) return;
  job.data.backingUp = job.data.backingUp.filter((other) => other !== id);
  const failed = vm === undefined || vm.data.failed?.process.startsWith("backup") === true;
  job.data[failed ? "error" : "updated"].push(id);
  job.data.lastDuration = work.now() - job.data.lastTime;
}

function start(work: Work, job: Entity<"backupjob">, id: number): void {
  const vm = work.state.find("vm", id);
  const datastoreId = Number(get(job.template, "DATASTORE_ID") ?? "-1");
  job.data.outdated = job.data.outdated.filter((other) => other !== id);
  try {
    if (vm === undefined) throw new Failure(Code.NO_EXISTS, `Error getting virtual machine [${id}].`);
    planBackup(work, vm, datastoreId);
    job.data.backingUp.push(id);
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    work.log.error("SCH", `Backup job ${job.id}: ${error.message}`);
    job.data.error.push(id);
  }
}

/** Begins a run of a job. */
export function runJob(job: Entity<"backupjob">, now: number): void {
  const done = { updated: [], error: [], lastTime: now, lastDuration: 0, due: now + JOB_DELAY };
  Object.assign(job.data, { outdated: jobVms(job), ...done });
}

export const jobVms = (job: Entity<"backupjob">): number[] =>
  (get(job.template, "BACKUP_VMS") ?? "")
    .split(",")
    .flatMap((text) => (/^\s*\d+\s*$/.test(text) ? [Number(text)] : []));
