// SPDX-License-Identifier: Apache-2.0
import { askHosts, judge, notApplicable, type Check } from "../../check";

export const raid: Check = {
  id: "storage/raid",
  title: "no RAID array lacks a disk",
  area: "storage",
  severity: "critical",
  seconds: 30,
  cure: "see `mdadm --detail <array>`; ask Scaleway for another disk and add it with `mdadm --add`",
  async run(context) {
    const answers = await askHosts(context, undefined, ({ name }) =>
      context.cloud.root(name, "cat /proc/mdstat 2>/dev/null || true"),
    );
    const arrays = answers.flatMap(({ host, answer }) =>
      [...answer.matchAll(/^(md\S+) : (.*)\n.*\[([U_]+)\]/gm)].map(([, array, , disks = ""]) => ({
        host: host.name,
        array,
        disks,
      })),
    );
    if (arrays.length === 0) return notApplicable("no host has a software RAID");
    const problems = arrays
      .filter(({ disks }) => disks.includes("_"))
      .map(({ host, array, disks }) => `${host}: ${array} lacks a disk: [${disks}]`);
    return judge(
      problems,
      arrays.map(({ host, array, disks }) => `${host}: ${array} [${disks}]`),
      { threshold: "every disk up" },
    );
  },
};
