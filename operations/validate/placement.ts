// SPDX-License-Identifier: Apache-2.0
import { hostStateWord, type Host, type Vm } from "../../opennebula";
import type { CheckContext } from "./check";

/** A host that is on and on which a VM is not; undefined where there is none. */
export async function otherHost({ oned }: Pick<CheckContext["cloud"], "oned">, vm: Vm): Promise<Host | undefined> {
  return (await oned.hosts.list()).find(({ id, state }) => id !== vm.hostId && hostStateWord(state) === "on");
}
