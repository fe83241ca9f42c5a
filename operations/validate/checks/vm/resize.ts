// SPDX-License-Identifier: Apache-2.0
import { isRunning, VmState } from "../../../../opennebula";
import { judge, type Check } from "../../check";

const MEMORY_MIB = 192;
const TOTAL = "awk '/^MemTotal/ { print int($2 / 1024) }' /proc/meminfo";

export const resize: Check = {
  id: "vm/resize",
  title: "a VM gets more memory while it is off",
  area: "vm",
  severity: "warning",
  impact: "load",
  exclusive: "guests",
  seconds: 240,
  cure: "see the VM's log in /var/log/one/<id>.log, and the host's free memory",
  async run({ cloud, guests }) {
    const pair = await guests();
    const { vms } = cloud.oned;
    const { id } = pair.publicVm;
    const before = Number(await pair.inside(TOTAL));
    await vms.action(id, "poweroff-hard");
    await pair.until("off", (vm) => vm.state === (VmState.Poweroff as number), 60);
    await vms.resize(id, { MEMORY: String(MEMORY_MIB) });
    await vms.action(id, "resume");
    await pair.until("running", isRunning, 90);
    const after = Number(await pair.inside(TOTAL, 60));
    return judge(
      after > before ? [] : ["the guest has no more memory than before"],
      [`${before} MiB, then ${after} MiB in the guest`],
      {
        threshold: "more than before",
      },
    );
  },
};
