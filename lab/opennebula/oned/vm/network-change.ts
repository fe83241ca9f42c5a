// SPDX-License-Identifier: Apache-2.0

import type { Work } from "../background";
import type { Entity } from "../entities";
import { VnState } from "../network/definition";
import { wasTold } from "../network/updates";
import { vectors, without } from "../template";

/** Attribute of a network, and of a VM, while a change is on its way: the old values by the attributes' names. */
export const CHANGE = "VNET_UPDATE";

/** What the VM's host has to be told of, until it was. */
export function noteChange(vm: Entity<"vm">, change: Record<string, string>): void {
  const known = vectors(vm.template, CHANGE)[0] ?? {};
  vm.template = [...without(vm.template, CHANGE), { name: CHANGE, value: { ...known, ...change } }];
}

/** The VM's host has been told, or could not be. */
export function hostTold(work: Work, vm: Entity<"vm">, networkId: number | undefined, ok: boolean): void {
  if (ok) vm.template = without(vm.template, CHANGE);
  const network = work.state.find("vn", networkId ?? -1);
  if (network === undefined || !wasTold(network.data, vm.id, ok ? "updated" : "error")) return;
  if (!ok) network.data.state = VnState.UPDATE_FAILURE;
  work.state.touch("vn", network);
}
