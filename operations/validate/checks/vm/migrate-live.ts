// SPDX-License-Identifier: Apache-2.0
import { isRunning } from "../../../../opennebula";
import { judge, notApplicable, type Check } from "../../check";
import { otherHost } from "../../placement";

const BOOT = "cat /proc/sys/kernel/random/boot_id";

export const migrateLive: Check = {
  id: "vm/migrate-live",
  title: "a VM moves to another host while it runs, and its public address with it",
  area: "vm",
  severity: "critical",
  impact: "load",
  exclusive: "guests",
  seconds: 200,
  cure: "see hosts/cpu, the VM's log, and libvirtd on both hosts; TCP of the service liveMigration must pass between them",
  async run({ cloud, guests }) {
    const pair = await guests();
    const target = await otherHost(cloud, await pair.info());
    if (!target) return notApplicable("there is one hypervisor only");
    const boot = await pair.inside(BOOT);
    await cloud.oned.vms.migrate(pair.publicVm.id, { hostId: target.id, live: true });
    const vm = await pair.until(`running on ${target.name}`, (now) => isRunning(now) && now.hostId === target.id, 120);
    const after = await pair.inside(BOOT, 60);
    return judge(
      after === boot ? [] : ["the guest was booted anew"],
      [`runs on ${vm.hostName ?? "?"}, and answers there`],
      {
        threshold: "the same boot of the guest answers on the other host",
      },
    );
  },
};
