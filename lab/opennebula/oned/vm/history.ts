// SPDX-License-Identifier: Apache-2.0

import type { Entity } from "../entities";
import type { State } from "../state";
import type { HistoryRecord } from "./entity";
import type { HistoryActionName } from "./states";
import { HistoryAction } from "./states";

/** Who asked for a change. */
export interface Asker {
  uid: number;
  gid: number;
  requestId: number;
}

export interface Placement {
  host: Entity<"host">;
  datastore: Entity<"datastore">;
  /** Number of the scheduler's action; undefined when a user chose. */
  planned?: number;
}

export const lastRecord = (vm: Entity<"vm">): HistoryRecord | undefined => vm.data.history.at(-1);

const NOBODY = { uid: -1, gid: -1, requestId: -1 };

/** Adds the record of a stay on a host. */
export function openRecord(vm: Entity<"vm">, { host, datastore, planned }: Placement, now: number): HistoryRecord {
  const record: HistoryRecord = {
    hid: host.id,
    hostname: host.name,
    cid: host.data.cluster,
    vmMad: host.data.vmMad,
    tmMad: datastore.data.tmMad,
    dsId: datastore.id,
    planId: planned === undefined ? -2 : -1,
    actionId: planned ?? -1,
    stime: now,
    etime: 0,
    prolog: [0, 0],
    running: [0, 0],
    epilog: [0, 0],
    action: HistoryAction.none,
    ...NOBODY,
  };
  vm.data.history.push(record);
  return record;
}

/** Notes in the last record what is done to the VM and who asked for it. */
export function setAction(vm: Entity<"vm">, action: HistoryActionName, asker: Asker): void {
  const record = lastRecord(vm);
  if (record !== undefined) Object.assign(record, { action: HistoryAction[action], ...asker });
}

/** Ends the last record with an action and goes on in a new one on the same host, which keeps the former action. */
export function closeRecord(vm: Entity<"vm">, action: HistoryActionName, asker: Asker, now: number): void {
  const record = lastRecord(vm);
  if (record === undefined) return;
  const former = record.action;
  // A VM that is off stays so in the new record.
  const off = record.running[1] > 0;
  if (!off) record.running[1] = now;
  record.etime = now;
  setAction(vm, action, asker);
  Object.assign(copyRecord(vm, record, now), { action: former, running: [now, off ? now : 0] });
}

/** A new record on the host of an earlier one. */
export function copyRecord(vm: Entity<"vm">, record: HistoryRecord, now: number): HistoryRecord {
  const copy: HistoryRecord = {
    ...record,
    stime: now,
    etime: 0,
    prolog: [0, 0],
    running: [now, 0],
    epilog: [0, 0],
    action: HistoryAction.none,
    ...NOBODY,
  };
  vm.data.history.push(copy);
  return copy;
}

/** The VMs that take a host's capacity: also those that are off, but not those whose files have left it. */
export function vmsOn(state: State, hostId: number): Entity<"vm">[] {
  return state.all("vm").filter((vm) => {
    const record = lastRecord(vm);
    if (record === undefined || !HOLDING.includes(vm.data.state)) return false;
    const leaving = vm.data.work?.process.startsWith("migrate") === true ? vm.data.history.at(-2)?.hid : undefined;
    return record.hid === hostId || leaving === hostId;
  });
}

/** ACTIVE, SUSPENDED, POWEROFF. */
const HOLDING = [3, 5, 8];
