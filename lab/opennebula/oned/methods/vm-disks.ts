// SPDX-License-Identifier: Apache-2.0

import type { CallContext, Methods } from "../call";
import { authorize, find as findObject, targetOf } from "../call";
import type { Entity } from "../entities";
import { BACKUP, IMAGE_TYPES, isDisk } from "../images/states";
import type { Params } from "../params";
import { checkQuotas, imageUsage } from "../quota-use";
import type { Snapshots } from "../snapshots";
import { addSnapshot, checkDiskDelete, noSnapshots } from "../snapshots";
import { get, set } from "../template";
import { closeRecord } from "../vm/history";
import { begin } from "../vm/machine";
import { countSnapshots } from "../vm/outcomes";
import type { ProcessName } from "../vm/processes";
import { systemSnapshot } from "../vm/snapshot";
import type { LcmName } from "../vm/states";
import { lcmNumber, VmState } from "../vm/states";
import type { Vector } from "../vm/vectors";
import { find } from "../vm/vectors";
import { imageCreate } from "./image";
import { action, asker, byState, internal, rightFor, stateOf, vmFor } from "./vm-common";

/** A disk by its number, or oned's refusal. */
function diskOf(vm: Entity<"vm">, id: number): Vector {
  const disk = find(vm, "DISK", id);
  if (disk === undefined) throw action("VM disk does not exist");
  return disk;
}

/** What is backed up as differences has no other snapshots. */
function refuseIncremental(vm: Entity<"vm">, name: string): void {
  if (vm.data.backups.config.MODE !== "INCREMENT") return;
  throw action(`Action "${name}" is not compatible with incremental backups`);
}

function snapshotCreate(context: CallContext, params: Params): number {
  const [id, name] = [params.int(0), params.string(1)];
  const vm = vmFor(context, id, "snapshot");
  refuseIncremental(vm, "snapshot-create");
  const memory = Number(get(vm.template, "MEMORY") ?? "0");
  checkQuotas(context, { uid: vm.uid, gid: vm.gid }, { VM: { "": { SYSTEM_DISK_SIZE: memory } } });
  return systemSnapshot(context.work, vm, name);
}

/** Goes back to a system snapshot, or drops it. The answer is no number of an object. */
function snapshotChange(context: CallContext, params: Params, revert: boolean): number {
  const [id, snapshotId] = [params.int(0), params.int(1)];
  const vm = vmFor(context, id, "snapshot");
  const what = revert
    ? `Could not revert VM ${id} to snapshot ${snapshotId}`
    : `Could not delete snapshot ${snapshotId} for VM ${id}`;
  const process = byState<ProcessName>(
    vm,
    { RUNNING: revert ? "system-snapshot-revert" : "system-snapshot-delete" },
    what,
  );
  if (find(vm, "SNAPSHOT", snapshotId) === undefined) throw action(`${what}, it does not exist.`);
  begin(context.work, vm, process, { snapshotId });
  return -1;
}

function diskSnapshotCreate(context: CallContext, params: Params): number {
  const [id, diskId, name] = [params.int(0), params.int(1), params.string(2)];
  const vm = findObject(context, "vm", id);
  refuseIncremental(vm, "disk-snapshot-create");
  const disk = diskOf(vm, diskId);
  if (disk.IMAGE_ID === undefined) throw action("Cannot make snapshots on volatile disks");
  authorize(context, [rightFor(context, "disk-snapshot"), targetOf("vm", vm)]);
  checkSpace(context, vm, disk, Number(disk.SIZE ?? "0"));
  const process = byState<ProcessName>(
    vm,
    {
      RUNNING: "disk-snapshot-create",
      POWEROFF: "disk-snapshot-create-poweroff",
      SUSPENDED: "disk-snapshot-create-suspended",
    },
    `Could not create a new snapshot for VM ${id}`,
  );
  const snapshots = (vm.data.snapshots[diskId] ??= noSnapshots(orphansOf(disk)));
  const { id: snapshotId } = addSnapshot(snapshots, { name, sizeMb: Number(disk.SIZE ?? "0"), date: context.now });
  countSnapshots(vm, diskId);
  closeRecord(vm, "disk-snapshot-create", asker(context), context.now);
  begin(context.work, vm, process, { diskId, snapshotId });
  return snapshotId;
}

const orphansOf = (disk: Vector): string =>
  disk.ALLOW_ORPHANS === "FORMAT" ? (disk.FORMAT === "qcow2" ? "NO" : "YES") : (disk.ALLOW_ORPHANS ?? "NO");

/** More space for a disk counts where its copy is. */
function checkSpace(context: CallContext, vm: Entity<"vm">, disk: Vector, moreMb: number): void {
  const target = disk.CLONE === "NO" ? disk.LN_TARGET : disk.CLONE_TARGET;
  const self = disk.IMAGE_ID !== undefined && (target === "SELF" || disk.PERSISTENT === "YES");
  const request = self
    ? { DATASTORE: { [disk.DATASTORE_ID ?? ""]: { SIZE: moreMb } } }
    : { VM: { "": { SYSTEM_DISK_SIZE: moreMb } } };
  checkQuotas(context, { uid: vm.uid, gid: vm.gid }, request);
}

function snapshotsOf(vm: Entity<"vm">, diskId: number, snapshotId: number): Snapshots {
  const snapshots = vm.data.snapshots[diskId];
  if (snapshots?.list.some((snapshot) => snapshot.id === snapshotId) === true) return snapshots;
  throw action(`Disk id (${diskId}) or snapshot id (${snapshotId}) is not valid.`);
}

function diskSnapshotRevert(context: CallContext, params: Params): number {
  const [id, diskId, snapshotId] = [params.int(0), params.int(1), params.int(2)];
  const vm = vmFor(context, id, "disk-snapshot");
  const refusal = `Could not revert to disk snapshot for VM ${id}`;
  const process = byState<ProcessName>(vm, { POWEROFF: "disk-snapshot-revert" }, refusal);
  snapshotsOf(vm, diskId, snapshotId);
  closeRecord(vm, "disk-snapshot-revert", asker(context), context.now);
  begin(context.work, vm, process, { diskId, snapshotId });
  return snapshotId;
}

function diskSnapshotDelete(context: CallContext, params: Params): number {
  const [id, diskId, snapshotId] = [params.int(0), params.int(1), params.int(2)];
  const vm = vmFor(context, id, "disk-snapshot");
  const disk = diskOf(vm, diskId);
  const process = byState<ProcessName>(
    vm,
    {
      RUNNING: "disk-snapshot-delete",
      POWEROFF: "disk-snapshot-delete-poweroff",
      SUSPENDED: "disk-snapshot-delete-suspended",
    },
    `Could not delete disk snapshot from VM ${id}`,
  );
  checkDiskDelete(vm.data.snapshots[diskId], snapshotId, disk.PERSISTENT === "YES");
  closeRecord(vm, "disk-snapshot-delete", asker(context), context.now);
  begin(context.work, vm, process, { diskId, snapshotId });
  return snapshotId;
}

function diskSnapshotRename(context: CallContext, params: Params): number {
  const [id, diskId, snapshotId, name] = [params.int(0), params.int(1), params.int(2), params.string(3)];
  const vm = vmFor(context, id, "disk-snapshot");
  if (!["POWEROFF", "SUSPENDED", "RUNNING"].includes(stateOf(vm))) {
    throw action(`Could not rename the snapshot for VM ${id}, wrong state ${stateOf(vm)}.`);
  }
  diskOf(vm, diskId);
  const snapshot = vm.data.snapshots[diskId]?.list.find((s) => s.id === snapshotId);
  if (snapshot === undefined) throw action("Snapshot does not exist");
  snapshot.name = name;
  context.state.touch("vm", vm);
  return id;
}

function diskResize(context: CallContext, params: Params): number {
  const [id, diskId, text] = [params.int(0), params.int(1), params.string(2)];
  if (!/^\s*[+-]?\d+$/.test(text)) throw action("Disk SIZE is not a valid integer");
  const size = parseInt(text, 10);
  const vm = vmFor(context, id, "disk-resize");
  const disk = diskOf(vm, diskId);
  const old = Number(disk.SIZE ?? "0");
  if (size <= old) throw action("New disk size has to be greater than current one");
  checkSpace(context, vm, disk, size - old);
  const process = byState<ProcessName>(
    vm,
    { RUNNING: "disk-resize", POWEROFF: "disk-resize-poweroff", UNDEPLOYED: "disk-resize-undeployed" },
    `Could not resize disk for VM ${id}`,
  );
  disk.SIZE = String(size);
  closeRecord(vm, "disk-resize", asker(context), context.now);
  begin(context.work, vm, process, { diskId, sizeMb: size, before: { SIZE: String(old) } });
  return id;
}

const SAVING: Partial<Record<string, { process: ProcessName; lcm: LcmName }>> = {
  RUNNING: { process: "save-as", lcm: "HOTPLUG_SAVEAS" },
  POWEROFF: { process: "save-as-poweroff", lcm: "HOTPLUG_SAVEAS_POWEROFF" },
  SUSPENDED: { process: "save-as-suspended", lcm: "HOTPLUG_SAVEAS_SUSPENDED" },
};

/** Saves a disk as a new image: the image's driver makes room for it, then the VM's copies the disk there. */
function saveAs(context: CallContext, params: Params): number {
  const [id, diskId, name, typeText] = [params.int(0), params.int(1), params.string(2), params.string(3)];
  const snapshot = params.count > 4 ? params.int(4) : -1;
  const vm = findObject(context, "vm", id);
  const saving = SAVING[stateOf(vm)];
  if (saving === undefined) throw internal("VM has to be RUNNING, POWEROFF or SUSPENDED to save disks.");
  const disk = find(vm, "DISK", diskId);
  if (disk === undefined) throw internal("Cannot use DISK. DISK does not exist.");
  if (disk.IMAGE_ID === undefined) throw internal("Cannot use DISK. DISK does not have a valid IMAGE_ID.");
  if (snapshot !== -1 && vm.data.snapshots[diskId]?.list.some((s) => s.id === snapshot) !== true) {
    throw internal("Cannot use DISK. Snapshot does not exist.");
  }
  const original = findObject(context, "image", Number(disk.IMAGE_ID));
  const type = typeText === "" ? original.data.type : IMAGE_TYPES.indexOf(typeText.toUpperCase());
  if (type < 0 || !isDisk(type) || type === BACKUP)
    throw action(`Cannot save_as image of type ${typeText.toUpperCase()}`);
  const datastore = context.state.get("datastore", original.data.datastore);
  const sizeMb = Number(disk.SIZE ?? original.data.sizeMb);
  if (sizeMb > datastore.data.freeMb) throw action("Not enough space in datastore");
  authorize(
    context,
    [rightFor(context, "disk-saveas"), targetOf("vm", vm)],
    ["CREATE", { type: "IMAGE" }],
    ["USE", targetOf("datastore", datastore)],
  );
  checkQuotas(context, { uid: context.user.id, gid: context.user.gid }, imageUsage(datastore.id, sizeMb));
  const prefix = get(original.template, "DEV_PREFIX") ?? disk.DEV_PREFIX ?? "";
  let attributes = set(set([], "SAVED_DISK_ID", String(diskId)), "SAVED_IMAGE_ID", String(original.id));
  attributes = set(set(attributes, "SAVED_VM_ID", String(id)), "DEV_PREFIX", prefix);
  const format = disk.FORMAT ?? "";
  const data = { type, persistent: false, path: "", source: "", format, sizeMb, fs: "" };
  const image = imageCreate(context, { name, template: attributes, datastore, data });
  image.data.work = {
    action: "mkfs",
    saving: { vm: id, process: saving.process, subject: { diskId, imageId: image.id } },
  };
  if (snapshot >= 0 && image.data.work.saving !== undefined) image.data.work.saving.subject.snapshotId = snapshot;
  // The VM is busy from now on; its own step begins when the image has a place.
  Object.assign(vm.data, { state: VmState.ACTIVE, lcm: lcmNumber(saving.lcm) });
  context.state.touch("vm", vm);
  return image.id;
}

export const vmDiskMethods: Methods = {
  "one.vm.snapshotcreate": snapshotCreate,
  "one.vm.snapshotrevert": (context, params) => snapshotChange(context, params, true),
  "one.vm.snapshotdelete": (context, params) => snapshotChange(context, params, false),
  "one.vm.disksnapshotcreate": diskSnapshotCreate,
  "one.vm.disksnapshotrevert": diskSnapshotRevert,
  "one.vm.disksnapshotdelete": diskSnapshotDelete,
  "one.vm.disksnapshotrename": diskSnapshotRename,
  "one.vm.diskresize": diskResize,
  "one.vm.disksaveas": saveAs,
};
