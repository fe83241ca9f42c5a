// SPDX-License-Identifier: Apache-2.0
import { HostRole } from "../../../../catalogue";
import { askHosts, judge, oddOnesOut, type Check } from "../../check";

const SCRIPT = `nodes=$(ls -d /sys/devices/system/node/node[0-9]* 2>/dev/null | wc -l)
small=$(awk '/^HugePages_Total/ { print $2 }' /proc/meminfo)
thp=$(sed 's/.*\\[\\(.*\\)\\].*/\\1/' /sys/kernel/mm/transparent_hugepage/enabled 2>/dev/null || echo none)
echo "$nodes NUMA nodes, $small huge pages, transparent huge pages $thp"`;

export const numa: Check = {
  id: "hosts/numa",
  title: "NUMA nodes and huge pages are the same on all hypervisors",
  area: "hosts",
  severity: "warning",
  seconds: 30,
  cure: "set the same kernel parameters on all hypervisors: VMs with pinned memory run only where it is laid out alike",
  async run(context) {
    const answers = await askHosts(context, HostRole.Hypervisor, async ({ name }) =>
      (await context.cloud.root(name, SCRIPT)).trim(),
    );
    return judge(
      oddOnesOut(answers),
      answers.map(({ host, answer }) => `${host.name}: ${answer}`),
      {
        threshold: "equal on all hypervisors",
      },
    );
  },
};
