// SPDX-License-Identifier: Apache-2.0
import { isRunning } from "../../../../opennebula";
import { judge, type Check } from "../../check";

const COUNT = "ls -d /sys/block/[svx]d* /sys/block/xvd* 2>/dev/null | wc -l";

export const diskHotplug: Check = {
  id: "vm/disk-hotplug",
  title: "a disk is attached to a running VM and detached again",
  area: "vm",
  severity: "critical",
  impact: "load",
  exclusive: "guests",
  seconds: 150,
  cure: "see the VM's log in /var/log/one/<id>.log on the front-end",
  async run({ cloud, guests }) {
    const pair = await guests();
    // The guest's kernel needs a moment to find what was plugged in.
    const disks = async (wanted?: number): Promise<number> => {
      const wait =
        wanted === undefined
          ? ""
          : `for try in 1 2 3 4 5 6 7 8; do [ $(${COUNT}) = ${wanted} ] && break; sleep 1; done; `;
      return Number(await pair.inside(`${wait}${COUNT}`));
    };
    const { disks: known } = await pair.info();
    const before = await disks();
    await cloud.oned.vms.disks.attach(pair.publicVm.id, { TYPE: "fs", FORMAT: "raw", SIZE: "16" });
    const vm = await pair.until(
      "running with a second disk",
      (now) => isRunning(now) && now.disks.length > known.length,
      60,
    );
    const during = await disks(before + 1);
    const added = vm.disks.find(({ id }) => !known.some((disk) => disk.id === id))!;
    await cloud.oned.vms.disks.detach({ vmId: pair.publicVm.id, diskId: added.id });
    await pair.until(
      "running without the second disk",
      (now) => isRunning(now) && now.disks.length === known.length,
      60,
    );
    const after = await disks(before);
    const problems = [
      ...(during > before ? [] : ["the guest does not see the disk"]),
      ...(after === before ? [] : ["the guest still has the disk"]),
    ];
    return judge(problems, [`disks in the guest: ${before}, ${during}, ${after}`], {
      threshold: "one more, then as before",
    });
  },
};
