// SPDX-License-Identifier: Apache-2.0

import type { Snapshots } from "../snapshots";
import type { Template } from "../template";
import type { ProcessName } from "./processes";

/** One stay on a host, or one change there; times are seconds since the epoch, 0 when it did not happen. */
export interface HistoryRecord {
  hid: number;
  hostname: string;
  cid: number;
  vmMad: string;
  tmMad: string;
  dsId: number;
  /** Who placed it: -1 the scheduler (with its action's number), -2 a user. */
  planId: number;
  actionId: number;
  stime: number;
  etime: number;
  /** Begin and end of prolog, running and epilog. */
  prolog: [number, number];
  running: [number, number];
  epilog: [number, number];
  /** Number in `HistoryAction`, and who asked for it. */
  action: number;
  uid: number;
  gid: number;
  requestId: number;
}

/** A change that happens at a time, of a VM or a backup job. */
export interface SchedAction {
  id: number;
  action: string;
  args: string;
  time: number;
  repeat: number;
  days: string;
  endType: number;
  endValue: number;
  done: number;
  message: string;
  warning: number;
}

/** What a process is about, beside the VM. */
export interface Subject {
  diskId?: number;
  nicId?: number;
  /** Whose change a VM's host is told of. */
  networkId?: number;
  snapshotId?: number;
  sizeMb?: number;
  /** An image to write (save as) or a backup to restore. */
  imageId?: number;
  datastoreId?: number;
  hard?: boolean;
  /** Values to put back when the process fails. */
  before?: Record<string, string>;
  /** Of a NIC: taken away, not added. */
  detach?: boolean;
  reset?: boolean;
}

/** What a VM's drivers are doing; kept with the VM, so that a restart goes on with it. */
export interface VmWork {
  process: ProcessName;
  /** Index of the step in the process. */
  step: number;
  subject: Subject;
}

/** What is kept of a VM beside its name, owner, permissions and template. */
export interface VmData {
  /** Of `VmState`, and of `LcmState` while it is ACTIVE. */
  state: number;
  lcm: number;
  resched: boolean;
  stime: number;
  etime: number;
  deployId: string;
  userTemplate: Template;
  history: HistoryRecord[];
  /** By disk id. */
  snapshots: Record<string, Snapshots>;
  monitoring: Record<string, string>[];
  schedActions: SchedAction[];
  backups: { config: Record<string, string>; ids: number[] };
  /** Its files are away from any host: how they came there. */
  stopped?: "stop" | "undeploy";
  work?: VmWork;
  /** The process that failed last, for a retry. */
  failed?: VmWork;
}

/** What is kept of a backup job: VM ids by what has become of them. */
export interface BackupJobData {
  priority: number;
  /** Seconds since the epoch; 0 before the first run. */
  lastTime: number;
  lastDuration: number;
  schedActions: SchedAction[];
  outdated: number[];
  updated: number[];
  backingUp: number[];
  error: number[];
  /** When its next backups may begin. */
  due: number;
}
