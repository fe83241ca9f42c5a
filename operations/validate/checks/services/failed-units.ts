// SPDX-License-Identifier: Apache-2.0
import { askHosts, judge, type Check } from "../../check";
import { lines } from "../../text";

export const failedUnits: Check = {
  id: "services/failed-units",
  title: "no unit of any host has failed",
  area: "services",
  severity: "warning",
  seconds: 30,
  cure: "look at `systemctl status <unit>`; `systemctl reset-failed <unit>` forgets a failure that is understood",
  async run(context) {
    const answers = await askHosts(context, undefined, async ({ name }) =>
      lines(await context.cloud.root(name, "systemctl list-units --failed --plain --no-legend --no-pager")),
    );
    const problems = answers.flatMap(({ host, answer }) =>
      answer.map((line) => `${host.name}: ${line.split(/\s/)[0]} has failed`),
    );
    return judge(problems, [`${answers.length} hosts looked at`], { threshold: "none" });
  },
};
