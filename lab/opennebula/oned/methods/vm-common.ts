// SPDX-License-Identifier: Apache-2.0

import type { Operation } from "../acl";
import type { CallContext } from "../call";
import { use } from "../call";
import type { Entity } from "../entities";
import { Code, Failure } from "../failure";
import type { Asker } from "../vm/history";
import { vmStateName } from "../vm/states";

export const action = (message: string): Failure => new Failure(Code.ACTION, message);
export const internal = (message: string): Failure => new Failure(Code.INTERNAL, message);

/** The right that an operation on a VM needs, as oned.conf groups them. */
export function rightFor(context: CallContext, operation: string): Operation {
  for (const right of ["ADMIN", "MANAGE", "USE"] as const) {
    const listed = (context.config.get(`VM_${right}_OPERATIONS`) ?? "").split(",").map((name) => name.trim());
    if (listed.includes(operation)) return right;
  }
  return "MANAGE";
}

/** The VM, for a user who may do that with it. */
export function vmFor(context: CallContext, id: number, operation: string): Entity<"vm"> {
  return use(context, "vm", id, rightFor(context, operation));
}

export const stateOf = (vm: Entity<"vm">): string => vmStateName(vm.data);
export const asker = ({ user, request }: CallContext): Asker => ({ uid: user.id, gid: user.gid, requestId: request });

/** Of values by state the one for the VM's; else the refusal. */
export function byState<T>(vm: Entity<"vm">, values: Partial<Record<string, T>>, refusal: string): T {
  const found = values[stateOf(vm)];
  if (found === undefined) throw action(`${refusal}, wrong state ${stateOf(vm)}.`);
  return found;
}
