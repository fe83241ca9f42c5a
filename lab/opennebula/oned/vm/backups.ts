// SPDX-License-Identifier: Apache-2.0

import type { Work } from "../background";
import type { Entity } from "../entities";
import { ImageState } from "../images/states";
import { noSnapshots } from "../snapshots";
import type { Template } from "../template";
import { vectors } from "../template";
import type { VmWork } from "./entity";
import { find } from "./vectors";

const BACKUP = 6;
const CONFIGURABLE = ["BACKUP_VOLATILE", "FS_FREEZE", "KEEP_LAST", "MODE", "INCREMENT_MODE"];

/** The backup settings of a template; unknown ones are dropped. */
export function backupConfig(given: Template): Record<string, string> {
  const asked = vectors(given, "BACKUP_CONFIG")[0];
  if (asked === undefined) return {};
  const defaults = { BACKUP_VOLATILE: "NO", FS_FREEZE: "NONE", MODE: "FULL", INCREMENT_MODE: "NONE", KEEP_LAST: "" };
  const known = Object.entries(asked).filter(([name]) => CONFIGURABLE.includes(name));
  return { ...defaults, ...(Object.fromEntries(known) as Record<string, string>) };
}

/** Disks that a backup holds: volatile ones only when the VM says so. */
export function backupDisks(vm: Entity<"vm">): number[] {
  const volatile = vm.data.backups.config.BACKUP_VOLATILE === "YES";
  return vectors(vm.template, "DISK")
    .filter((disk) => disk.IMAGE_ID !== undefined || (volatile && disk.TYPE?.toUpperCase() !== "SWAP"))
    .map((disk) => Number(disk.DISK_ID));
}

/** MiB that a full backup may take. */
export function backupSize(vm: Entity<"vm">): number {
  return backupDisks(vm).reduce((sum, id) => sum + (Number(find(vm, "DISK", id)?.SIZE ?? "0") || 0), 0);
}

const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/** `4 22-Nov 18.01.19`: the VM and the time. */
function backupName(vm: Entity<"vm">, now: number): string {
  const date = new Date(now * 1000);
  const two = (n: number): string => String(n).padStart(2, "0");
  const time = [date.getHours(), date.getMinutes(), date.getSeconds()].map(two).join(".");
  return `${vm.id} ${two(date.getDate())}-${MONTHS[date.getMonth()]} ${time}`;
}

/** Registers what the driver wrote as an image of the VM's owner, and drops the oldest ones over KEEP_LAST. */
export function backupDone(work: Work, vm: Entity<"vm">, { subject }: VmWork, answer: string | undefined): void {
  const now = work.now();
  const id = work.state.nextId("image", 0);
  work.state.add("image", {
    id,
    name: backupName(vm, now),
    uid: vm.uid,
    gid: vm.gid,
    permissions: 0o600,
    template: [],
    data: {
      type: BACKUP,
      diskType: 0,
      persistent: true,
      regtime: now,
      modtime: now,
      source: answer ?? "",
      path: "",
      format: "raw",
      fs: "",
      sizeMb: backupSize(vm),
      state: ImageState.READY,
      datastore: subject.datastoreId ?? -1,
      vms: [vm.id],
      clones: [],
      cloningId: -1,
      appClones: [],
      targetSnapshot: -1,
      snapshots: noSnapshots(),
      increments: [],
      backupDisks: backupDisks(vm),
    },
  });
  vm.data.backups.ids.push(id);
  const keep = Number(vm.data.backups.config.KEEP_LAST ?? "0") || 0;
  if (keep === 0) return;
  for (const old of vm.data.backups.ids.splice(0, Math.max(0, vm.data.backups.ids.length - keep))) {
    const image = work.state.find("image", old);
    if (image === undefined) continue;
    Object.assign(image.data, { state: ImageState.DELETE, work: { action: "rm" } });
    work.state.touch("image", image);
  }
}
