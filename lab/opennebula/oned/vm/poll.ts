// SPDX-License-Identifier: Apache-2.0

import type { Work } from "../background";
import type { PolledVm } from "../drivers";
import type { Entity } from "../entities";
import { copyRecord, lastRecord, setAction, vmsOn } from "./history";
import { rest } from "./machine";
import { VmState, vmStateName } from "./states";

const POLL_SECONDS = 60;
const KEPT_RECORDS = 20;
const DAEMON = { uid: -1, gid: -1, requestId: -1 };

type Apply = (change: () => void) => Promise<void>;

/** Asks a host that was contacted for its VMs, and sets these to what they are. */
export async function pollHost(work: Work, apply: Apply, hostId: number): Promise<void> {
  const host = work.state.find("host", hostId);
  const drivers = host === undefined ? undefined : work.drivers.host(host.data.vmMad);
  if (host === undefined || drivers === undefined) return;
  const known = vmsOn(work.state, hostId).map(({ id, name, data }) => ({
    ...{ id, name, deployId: data.deployId },
    runs: data.state === VmState.ACTIVE,
  }));
  if (known.length === 0) return;
  let polled: PolledVm[];
  try {
    const asked = { id: hostId, name: host.name, vmMad: host.data.vmMad };
    polled = await drivers.poll(asked, known, AbortSignal.timeout(POLL_SECONDS * 1000));
  } catch (error) {
    return work.log.error(
      "VMM",
      `Cannot poll host ${host.name}: ${error instanceof Error ? error.message : "unknown error"}`,
    );
  }
  await apply(() => {
    for (const { id } of known) {
      const vm = work.state.find("vm", id);
      // Drivers that are at work know better.
      if (vm === undefined || vm.data.work !== undefined || lastRecord(vm)?.hid !== hostId) continue;
      found(
        work,
        vm,
        polled.find(({ deployId }) => deployId === vm.data.deployId),
      );
      work.state.touch("vm", vm);
    }
  });
}

function found(work: Work, vm: Entity<"vm">, polled: PolledVm | undefined): void {
  const state = vmStateName(vm.data);
  const runs = polled?.state === "RUNNING";
  if (runs && polled !== undefined) {
    const record = { ...polled.monitoring, ID: String(vm.id), TIMESTAMP: String(work.now()) };
    vm.data.monitoring = [...vm.data.monitoring, record].slice(-KEPT_RECORDS);
  }
  if (runs && state === "UNKNOWN") rest(vm, "RUNNING");
  if (runs && state === "POWEROFF") reopened(work, vm);
  if (runs || (state !== "RUNNING" && state !== "UNKNOWN")) return;
  // Somebody stopped the VM on its host, or its guest did.
  setAction(vm, "monitor", DAEMON);
  const last = lastRecord(vm);
  if (last !== undefined) last.running[1] = work.now();
  rest(vm, polled?.state === "PAUSED" ? "SUSPENDED" : "POWEROFF");
}

function reopened(work: Work, vm: Entity<"vm">): void {
  const last = lastRecord(vm);
  if (last === undefined) return;
  last.etime = work.now();
  copyRecord(vm, last, work.now());
  rest(vm, "RUNNING");
}

/** A host that does not answer: what its VMs do is not known. */
export function hostLost(work: Work, hostId: number): void {
  for (const vm of vmsOn(work.state, hostId)) {
    if (vmStateName(vm.data) !== "RUNNING" || vm.data.work !== undefined) continue;
    rest(vm, "UNKNOWN");
    work.state.touch("vm", vm);
  }
}
