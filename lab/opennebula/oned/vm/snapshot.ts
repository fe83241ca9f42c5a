// SPDX-License-Identifier: Apache-2.0

import type { Work } from "../background";
import type { Entity } from "../entities";
import { Code, Failure } from "../failure";
import { get } from "../template";
import { begin } from "./machine";
import { vmStateName } from "./states";
import { addVector, nextId } from "./vectors";

/** Takes a snapshot of a running VM with its memory; answers with its number. */
export function systemSnapshot(work: Pick<Work, "state" | "now">, vm: Entity<"vm">, name: string): number {
  const state = vmStateName(vm.data);
  if (state !== "RUNNING") {
    throw new Failure(Code.ACTION, `Could not create a new snapshot for VM ${vm.id}, wrong state ${state}.`);
  }
  const snapshotId = nextId(vm, "SNAPSHOT");
  addVector(vm, "SNAPSHOT", {
    SNAPSHOT_ID: String(snapshotId),
    NAME: name === "" ? `snapshot-${snapshotId}` : name,
    TIME: String(work.now()),
    SYSTEM_DISK_SIZE: get(vm.template, "MEMORY") ?? "0",
  });
  begin(work, vm, "system-snapshot-create", { snapshotId });
  return snapshotId;
}
