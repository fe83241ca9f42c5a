// SPDX-License-Identifier: Apache-2.0
import { HostRole } from "../../../../catalogue";
import { askHosts, judge, oddOnesOut, type Check } from "../../check";

const MODEL = "grep -m1 '^model name' /proc/cpuinfo | cut -d: -f2; grep -m1 '^microcode' /proc/cpuinfo | cut -d: -f2";

export const cpu: Check = {
  id: "hosts/cpu",
  title: "hypervisors have the same CPU and microcode, so that VMs can move between them",
  area: "hosts",
  severity: "warning",
  seconds: 30,
  cure: "order the same offer for all hosts, or give VMs a CPU_MODEL that all have; update microcode packages",
  async run(context) {
    const answers = await askHosts(context, HostRole.Hypervisor, async ({ name }) => {
      const [model = "", microcode = ""] = (await context.cloud.root(name, MODEL)).split("\n");
      return `${model.trim()}, microcode ${microcode.trim() || "unknown"}`;
    });
    return judge(
      oddOnesOut(answers),
      answers.map(({ host, answer }) => `${host.name}: ${answer}`),
      {
        threshold: "equal on all hypervisors",
      },
    );
  },
};
