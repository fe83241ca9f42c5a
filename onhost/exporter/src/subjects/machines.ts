// SPDX-License-Identifier: Apache-2.0
import { ImageState, ImageType, LcmState, VmState, vmStateWord, type VmSummary } from "../../../../opennebula";
import { gauge, word, words, type Look, type Subject } from "./subject";

/** VMs, and images with the backups among them: both pools are needed to say how old a living VM's backup is. */
export const machines: Subject = {
  name: "machines",
  read: async (look) => {
    const living = await readVms(look);
    await readImages(look, living);
  },
};

const CREATION_FAILURES = new Set<number>([LcmState.PrologFailure, LcmState.BootFailure]);

/** A VM whose first deployment, or the copying of whose image, has failed. */
function couldNotBeMade({ state, lcmState }: VmSummary): boolean {
  if ((state as VmState) === VmState.CloningFailure) return true;
  return (state as VmState) === VmState.Active && CREATION_FAILURES.has(lcmState);
}

/** A VM that was undeployed and resumed waits since then, not since it was made. */
function waitsSince({ startTime, history }: VmSummary): number {
  return Math.max(startTime, history.at(-1)?.endTime ?? 0);
}

async function readVms(look: Look): Promise<Set<number>> {
  const states = gauge(look, "vms", "VMs by state.", ["state"]);
  const groups = gauge(look, "vms_by_group", "VMs by group.", ["group"]);
  const pending = gauge(look, "vm_pending_seconds_max", "How long the VM that waits longest waits for a host.");
  const failures = gauge(look, "vm_creation_failures", "VMs that could not be made and are still there.");
  const living = new Set<number>();
  const failed: string[] = [];
  let longest = 0;
  for await (const page of look.one.vms.pages()) {
    for (const vm of page) {
      living.add(vm.id);
      states.inc({ state: vmStateWord(vm).toLowerCase() });
      groups.inc({ group: vm.owner.groupName });
      if ((vm.state as VmState) === VmState.Pending) longest = Math.max(longest, look.now - waitsSince(vm));
      if (couldNotBeMade(vm)) failed.push(String(vm.id));
    }
  }
  pending.set(longest);
  failures.set(failed.length);
  look.tallies.creationFailures.seen(failed);
  return living;
}

async function readImages(look: Look, living: ReadonlySet<number>): Promise<void> {
  const states = gauge(look, "images", "Images by state.", ["state"]);
  const age = gauge(look, "vm_backup_age_seconds", "Time since the newest backup of a VM that has any.", ["vm"]);
  for (const each of words(ImageState)) states.set({ state: each }, 0);
  const newest = new Map<number, number>();
  for await (const page of look.one.images.pages()) {
    for (const { state, type, vmIds, registeredAt, backup } of page) {
      states.inc({ state: word(ImageState, state) });
      if (type !== Number(ImageType.Backup)) continue;
      // An incremental backup is one image that grows.
      const time = Math.max(registeredAt, ...backup.increments.map((increment) => increment.date));
      for (const vm of vmIds) newest.set(vm, Math.max(newest.get(vm) ?? 0, time));
    }
  }
  // Backups outlive their VMs; nobody waits for another one of those.
  for (const [vm, time] of newest) if (living.has(vm)) age.set({ vm: String(vm) }, look.now - time);
}
