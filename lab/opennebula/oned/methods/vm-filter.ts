// SPDX-License-Identifier: Apache-2.0

import type { CallContext } from "../call";
import type { Entity } from "../entities";
import { Code, Failure } from "../failure";
import { listed } from "./common";

/** VMs that the user may see, newest first. */
export function visible(context: CallContext): Entity<"vm">[] {
  const all = context.state.all("vm").reverse();
  return all.filter((vm) => listed(context, "vm", vm));
}

/** VMs of a filter flag, newest first. */
export function filtered(context: CallContext, flag: number): Entity<"vm">[] {
  if (flag < -4) throw new Failure(Code.XML_RPC_API, "Incorrect filter_flag");
  const { user } = context;
  return visible(context).filter((vm) => {
    if (flag === -2) return true;
    if (flag === -1) return vm.uid === user.id || user.data.groups.includes(vm.gid);
    return flag === -4 ? vm.gid === user.gid : vm.uid === (flag === -3 ? user.id : flag);
  });
}
