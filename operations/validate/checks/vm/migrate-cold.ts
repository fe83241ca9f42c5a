// SPDX-License-Identifier: Apache-2.0
import { isRunning } from "../../../../opennebula";
import { judge, notApplicable, type Check } from "../../check";
import { otherHost } from "../../placement";

export const migrateCold: Check = {
  id: "vm/migrate-cold",
  title: "a VM is saved, moved to another host and goes on there",
  area: "vm",
  severity: "critical",
  impact: "load",
  exclusive: "guests",
  seconds: 240,
  cure: "see the VM's log in /var/log/one/<id>.log; images are copied between hosts over SSH as oneadmin",
  async run({ cloud, guests }) {
    const pair = await guests();
    const target = await otherHost(cloud, await pair.info());
    if (!target) return notApplicable("there is one hypervisor only");
    await cloud.oned.vms.migrate(pair.publicVm.id, { hostId: target.id });
    const vm = await pair.until(`running on ${target.name}`, (now) => isRunning(now) && now.hostId === target.id, 150);
    await pair.inside("true", 60);
    return judge([], [`runs on ${vm.hostName ?? "?"}, and answers there`], {
      threshold: "the guest answers on the other host",
    });
  },
};
