// SPDX-License-Identifier: Apache-2.0

import type { Entity } from "../entities";
import { vectors } from "../template";

export type Vector = Record<string, string>;
export type NicKind = "NIC" | "NIC_ALIAS";

/** The vector of a VM's template with that number, e.g. `find(vm, "DISK", 0)`. */
export function find(vm: Entity<"vm">, name: string, id: number): Vector | undefined {
  return vectors(vm.template, name).find((vector) => vector[ID_OF[name] ?? ""] === String(id));
}

const ID_OF: Record<string, string> = {
  DISK: "DISK_ID",
  NIC: "NIC_ID",
  NIC_ALIAS: "NIC_ID",
  PCI: "PCI_ID",
  SNAPSHOT: "SNAPSHOT_ID",
};

export function findNic(vm: Entity<"vm">, id: number): { kind: NicKind; nic: Vector } | undefined {
  for (const kind of ["NIC", "NIC_ALIAS"] as const) {
    const nic = find(vm, kind, id);
    if (nic !== undefined) return { kind, nic };
  }
  return undefined;
}

export function addVector(vm: Entity<"vm">, name: string, value: Vector): void {
  vm.template = [...vm.template, { name, value }];
}

export function removeVector(vm: Entity<"vm">, value: Vector): void {
  vm.template = vm.template.filter((attribute) => attribute.value !== value);
}

/** The next number of a kind of vector. */
export function nextId(vm: Entity<"vm">, name: string): number {
  const ids = vectors(vm.template, name).map((vector) => Number(vector[ID_OF[name] ?? ""] ?? "-1"));
  return Math.max(-1, ...ids) + 1;
}
