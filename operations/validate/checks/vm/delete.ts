// SPDX-License-Identifier: Apache-2.0
import { HostRole } from "../../../../catalogue";
import { VmState } from "../../../../opennebula";
import { askHosts, judge, type Check } from "../../check";

export const deleted: Check = {
  id: "vm/delete",
  title: "a terminated VM leaves nothing on any host",
  area: "vm",
  severity: "critical",
  impact: "load",
  exclusive: "guests",
  seconds: 180,
  cure: "see the VM's log in /var/log/one/<id>.log; what is left can be removed by hand",
  async run(context) {
    const { cloud } = context;
    const pair = await context.guests();
    const { id } = pair.publicVm;
    await cloud.oned.vms.action(id, "terminate-hard");
    await pair.until("gone", (vm) => vm.state === (VmState.Done as number), 120);
    const script = `virsh -c qemu:///system list --all --name | grep -x 'one-${id}' || true
ls -d /var/lib/one/datastores/*/${id} 2>/dev/null || true
ip -br link | awk '{ print $1 }' | grep '^one-${id}-' || true`;
    const left = await askHosts(context, HostRole.Hypervisor, ({ name }) => cloud.root(name, script));
    const problems = left.flatMap(({ host, answer }) =>
      answer
        .trim()
        .split("\n")
        .filter(Boolean)
        .map((what) => `${host.name}: ${what} is left`),
    );
    return judge(problems, [`${left.length} hypervisors looked at`], {
      threshold: "no machine, no disk, no interface",
    });
  },
};
