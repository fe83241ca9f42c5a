// SPDX-License-Identifier: Apache-2.0

import type { Work } from "../background";
import type { Entity } from "../entities";
import { release } from "../images/use";
import { vectors } from "../template";
import { lastRecord } from "./history";
import { releaseNic } from "./nics";
import { VmState } from "./states";

/** Ends a VM: its images and addresses are free, its record and itself are closed. */
export function endVm(work: Pick<Work, "state" | "now">, vm: Entity<"vm">, failed = false): void {
  const now = work.now();
  const { data } = vm;
  for (const disk of vectors(vm.template, "DISK")) releaseDisk(work, vm, disk, failed);
  for (const kind of ["NIC", "NIC_ALIAS"] as const) {
    for (const nic of vectors(vm.template, kind)) releaseNic(work.state, vm.id, nic);
  }
  Object.assign(data, { state: VmState.DONE, lcm: 0, etime: now, resched: false });
  releasePort(vm);
  delete data.work;
  delete data.failed;
  const record = lastRecord(vm);
  if (record !== undefined && record.etime === 0) {
    record.etime = now;
    if (record.running[0] > 0 && record.running[1] === 0) record.running[1] = now;
  }
  work.state.touch("vm", vm);
}

/** The port of the VM's console is free again. */
export function releasePort(vm: Entity<"vm">): void {
  for (const graphics of vectors(vm.template, "GRAPHICS")) delete graphics.PORT;
}

/** Gives a disk's image back; a persistent one takes the disk's snapshots and size along. */
export function releaseDisk(
  work: Pick<Work, "state" | "now">,
  vm: Entity<"vm">,
  disk: Record<string, string>,
  failed = false,
): void {
  const image = work.state.find("image", Number(disk.IMAGE_ID ?? "-1"));
  if (image === undefined) return;
  if (image.data.persistent && disk.PERSISTENT === "YES") {
    const snapshots = vm.data.snapshots[disk.DISK_ID ?? ""];
    if (snapshots === undefined) delete image.data.snapshots;
    else image.data.snapshots = snapshots;
    image.data.sizeMb = Number(disk.SIZE ?? image.data.sizeMb);
  }
  // The same image may be the base of another disk of this VM.
  const others = vectors(vm.template, "DISK").some((d) => d.IMAGE_ID === disk.IMAGE_ID && d.DISK_ID !== disk.DISK_ID);
  if (!others || vm.data.state === VmState.DONE) release(work.state, image.id, vm.id, { now: work.now(), failed });
}
