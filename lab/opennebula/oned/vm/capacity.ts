// SPDX-License-Identifier: Apache-2.0

import type { Entity } from "../entities";
import type { State } from "../state";
import { get } from "../template";
import { vmsOn } from "./history";

/** What a VM takes of its host: hundredths of a core and KiB. */
export function capacityOf(vm: Pick<Entity<"vm">, "template">): { cpu: number; memory: number } {
  const number = (name: string): number => Number(get(vm.template, name) ?? "0") || 0;
  return { cpu: number("CPU") * 100, memory: number("MEMORY") * 1024 };
}

/** What the VMs of a host take of it. */
export function usedOn(state: State, hostId: number): { cpu: number; memory: number; vms: number[] } {
  const vms = vmsOn(state, hostId);
  const sum = (of: (vm: Entity<"vm">) => number): number => vms.reduce((total, vm) => total + of(vm), 0);
  return {
    cpu: sum((vm) => capacityOf(vm).cpu),
    memory: sum((vm) => capacityOf(vm).memory),
    vms: vms.map((vm) => vm.id),
  };
}
