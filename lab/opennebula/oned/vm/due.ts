// SPDX-License-Identifier: Apache-2.0

import type { Work } from "../background";
import type { Entity } from "../entities";
import { get } from "../template";
import { closeRecord } from "./history";
import { begin } from "./machine";
import { VmState } from "./states";

const DAEMON = { uid: -1, gid: -1, requestId: -1 };

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
  const running = vm?.data.state === VmState.ACTIVE && vm.data.lcm === 3;
  const ready = vm !== undefined && (running || vm.data.state === VmState.POWEROFF);
  const usable = work.state.find("datastore", datastoreId)?.data.type === 3;
  job.data.outdated = job.data.outdated.filter((other) => other !== id);
  if (!ready || !usable) {
    job.data.error.push(id);
    return;
  }
  job.data.backingUp.push(id);
  closeRecord(vm, "backup", DAEMON, work.now());
  begin(work, vm, running ? "backup" : "backup-poweroff", { datastoreId });
}
