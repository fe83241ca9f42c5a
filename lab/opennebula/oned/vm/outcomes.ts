// SPDX-License-Identifier: Apache-2.0

import type { Work } from "../background";
import type { VmJob } from "../drivers";
import type { Entity } from "../entities";
import { BACKUP, ImageState } from "../images/states";
import { unlocked } from "../images/use";
import { driverDatastore } from "../images/job";
import { activate, removeSnapshot, snapshotOf, totalSize } from "../snapshots";
import { set, vectors } from "../template";
import { backupDisks, backupDone } from "./backups";
import { contextFor } from "./context";
import type { VmWork } from "./entity";
import { endVm, releaseDisk, releasePort } from "./free";
import { copyRecord, lastRecord } from "./history";
import { hostTold } from "./network-change";
import { releaseNic } from "./nics";
import type { ProcessName } from "./processes";
import { find, findNic, removeVector } from "./vectors";

/** What drivers are told about the subject of a process. */
export function subjectJob(work: Work, vm: Entity<"vm">): Partial<VmJob> {
  const { process, subject } = vm.data.work ?? { process: "deploy", subject: {} };
  const { diskId, nicId, networkId, snapshotId, sizeMb, hard, imageId } = subject;
  const system = process.startsWith("system-") ? find(vm, "SNAPSHOT", snapshotId ?? -1) : undefined;
  const snapshot = system?.HYPERVISOR_ID ?? system?.NAME ?? (snapshotId === undefined ? undefined : String(snapshotId));
  const image = imageId === undefined ? undefined : work.state.find("image", imageId);
  const datastoreId = image?.data.datastore ?? subject.datastoreId;
  return {
    ...(diskId !== undefined && { diskId }),
    ...(nicId !== undefined && { nicId }),
    ...(networkId !== undefined && { networkId }),
    ...(snapshot !== undefined && { snapshot }),
    ...(sizeMb !== undefined && { sizeMb }),
    ...(hard !== undefined && { hard }),
    ...(datastoreId !== undefined && {
      target: {
        imageId: imageId ?? -1,
        source: image?.data.source ?? "",
        datastore: driverDatastore(work, datastoreId),
        ...(process.startsWith("backup") && { disks: backupDisks(vm) }),
        ...(image?.data.type === BACKUP && { vmId: image.data.vms[0] }),
      },
    }),
  };
}

interface Outcome {
  done?: (work: Work, vm: Entity<"vm">, doing: VmWork, answer: string | undefined) => void;
  failed?: (work: Work, vm: Entity<"vm">, doing: VmWork) => void;
}

const attached = (vm: Entity<"vm">): void => {
  for (const name of ["DISK", "NIC", "NIC_ALIAS"])
    for (const vector of vectors(vm.template, name)) delete vector.ATTACH;
};

function dropDisk(work: Work, vm: Entity<"vm">, { subject }: VmWork): void {
  const disk = find(vm, "DISK", subject.diskId ?? -1);
  if (disk === undefined) return;
  releaseDisk(work, vm, disk);
  removeVector(vm, disk);
  delete vm.data.snapshots[subject.diskId ?? -1];
}

function dropNic(work: Work, vm: Entity<"vm">, { subject }: VmWork): void {
  const found = findNic(vm, subject.nicId ?? -1);
  if (found === undefined) return;
  releaseNic(work.state, vm.id, found.nic);
  removeVector(vm, found.nic);
  for (const alias of vectors(vm.template, "NIC_ALIAS").filter((nic) => nic.PARENT_ID === String(subject.nicId))) {
    releaseNic(work.state, vm.id, alias);
    removeVector(vm, alias);
  }
  contextFor(work.state, vm);
}

function dropSystemSnapshot(_work: Work, vm: Entity<"vm">, { subject }: VmWork): void {
  const snapshot = find(vm, "SNAPSHOT", subject.snapshotId ?? -1);
  if (snapshot !== undefined) removeVector(vm, snapshot);
}

function dropDiskSnapshot(_work: Work, vm: Entity<"vm">, { subject }: VmWork): void {
  const snapshots = vm.data.snapshots[subject.diskId ?? -1];
  if (snapshots === undefined) return;
  removeSnapshot(snapshots, subject.snapshotId ?? -1);
  countSnapshots(vm, subject.diskId ?? -1);
}

/** Keeps the space that a disk's snapshots take in the disk's vector. */
export function countSnapshots(vm: Entity<"vm">, diskId: number): void {
  const disk = find(vm, "DISK", diskId);
  const snapshots = vm.data.snapshots[diskId];
  if (disk !== undefined) disk.DISK_SNAPSHOT_TOTAL_SIZE = String(totalSize(snapshots));
  if (snapshots?.list.length === 0) delete vm.data.snapshots[diskId];
}

const ended = (work: Work, vm: Entity<"vm">): void => endVm(work, vm);
/** A stay that is over: the VM's files are not on the host any more. */
const left = (work: Work, vm: Entity<"vm">): void => {
  const record = lastRecord(vm);
  if (record !== undefined) record.etime = work.now();
  releasePort(vm);
};

/** A migration that never left its host goes on there, in a record of its own. */
const reverted = (work: Work, vm: Entity<"vm">, doing: VmWork): void => {
  const [previous, record] = vm.data.history.slice(-2);
  if (doing.step > 0 || previous === undefined || record === undefined) return;
  const now = work.now();
  Object.assign(record, { etime: now });
  if (record.running[0] > 0) record.running[1] = now;
  if (previous.etime === 0) Object.assign(previous, { etime: now, running: [previous.running[0], now] });
  copyRecord(vm, previous, now);
};

const saved: Outcome = {
  done: (work, _vm, { subject }) => {
    const image = work.state.find("image", subject.imageId ?? -1);
    if (image === undefined) return;
    image.data.state = unlocked(image.data.state);
    work.state.touch("image", image);
  },
  failed: (work, _vm, { subject }) => {
    const image = work.state.find("image", subject.imageId ?? -1);
    if (image === undefined) return;
    image.data.state = ImageState.ERROR;
    work.state.touch("image", image);
  },
};

const diskAttach: Outcome = { done: (_work, vm) => attached(vm), failed: dropDisk };
const diskDetach: Outcome = { done: dropDisk, failed: (_work, vm) => attached(vm) };
const nicAttach: Outcome = { done: (_work, vm) => attached(vm), failed: dropNic };
const nicDetach: Outcome = { done: dropNic, failed: (_work, vm) => attached(vm) };
const migration: Outcome = { failed: reverted };
const diskSnapshotCreate: Outcome = { failed: dropDiskSnapshot };
const diskSnapshotDelete: Outcome = { done: dropDiskSnapshot };
const gone: Outcome = { done: ended };
const backup: Outcome = { done: (work, vm, doing, answer) => backupDone(work, vm, doing, answer) };

const networkChange: Outcome = {
  done: (work, vm, { subject }) => hostTold(work, vm, subject.networkId, true),
  failed: (work, vm, { subject }) => hostTold(work, vm, subject.networkId, false),
};

const diskResize: Outcome = {
  failed: (_work, vm, { subject }) => {
    const disk = find(vm, "DISK", subject.diskId ?? -1);
    if (disk !== undefined && subject.before?.SIZE !== undefined) disk.SIZE = subject.before.SIZE;
  },
};

/** What the end of a process changes beside the VM's state. */
const OUTCOMES: Partial<Record<ProcessName, Outcome>> = {
  terminate: gone,
  "terminate-off": gone,
  delete: { done: ended, failed: ended },
  recreate: {
    done: (work, vm) => {
      left(work, vm);
      Object.assign(vm.data, { deployId: "" });
    },
  },
  stop: { done: left },
  "stop-suspended": { done: left },
  undeploy: { done: left },
  "undeploy-poweroff": { done: left },
  "migrate-live": migration,
  "migrate-save": migration,
  "migrate-off": migration,
  "attach-disk": diskAttach,
  "attach-disk-poweroff": diskAttach,
  "detach-disk": diskDetach,
  "detach-disk-poweroff": diskDetach,
  "attach-nic": nicAttach,
  "attach-nic-poweroff": nicAttach,
  "detach-nic": nicDetach,
  "detach-nic-poweroff": nicDetach,
  "alias-nic": {
    done: (work, vm, doing) => (doing.subject.detach === true ? dropNic(work, vm, doing) : attached(vm)),
    failed: (work, vm, doing) => (doing.subject.detach === true ? attached(vm) : dropNic(work, vm, doing)),
  },
  "update-nic": networkChange,
  "update-network": networkChange,
  "system-snapshot-create": {
    done: (_work, vm, { subject }, answer) => {
      const snapshot = find(vm, "SNAPSHOT", subject.snapshotId ?? -1);
      if (snapshot !== undefined) snapshot.HYPERVISOR_ID = answer ?? "";
    },
    failed: dropSystemSnapshot,
  },
  "system-snapshot-delete": { done: dropSystemSnapshot },
  "disk-snapshot-create": diskSnapshotCreate,
  "disk-snapshot-create-poweroff": diskSnapshotCreate,
  "disk-snapshot-create-suspended": diskSnapshotCreate,
  "disk-snapshot-delete": diskSnapshotDelete,
  "disk-snapshot-delete-poweroff": diskSnapshotDelete,
  "disk-snapshot-delete-suspended": diskSnapshotDelete,
  "disk-snapshot-revert": {
    done: (_work, vm, { subject }) => {
      const snapshots = vm.data.snapshots[subject.diskId ?? -1];
      const disk = find(vm, "DISK", subject.diskId ?? -1);
      if (snapshots === undefined || disk === undefined) return;
      activate(snapshots, subject.snapshotId ?? -1);
      disk.SIZE = String(snapshotOf(snapshots, subject.snapshotId ?? -1).sizeMb);
    },
  },
  "disk-resize": diskResize,
  "disk-resize-poweroff": diskResize,
  "disk-resize-undeployed": diskResize,
  "save-as": saved,
  "save-as-poweroff": saved,
  "save-as-suspended": saved,
  resize: {
    failed: (_work, vm, { subject }) => {
      for (const [name, value] of Object.entries(subject.before ?? {})) vm.template = set(vm.template, name, value);
    },
  },
  backup,
  "backup-poweroff": backup,
};

export function outcomeDone(work: Work, vm: Entity<"vm">, doing: VmWork, answer: string | undefined): void {
  OUTCOMES[doing.process]?.done?.(work, vm, doing, answer);
}

export function outcomeFailed(work: Work, vm: Entity<"vm">, doing: VmWork): void {
  OUTCOMES[doing.process]?.failed?.(work, vm, doing);
}
