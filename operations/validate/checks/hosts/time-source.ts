// SPDX-License-Identifier: Apache-2.0
import { askHosts, judge, type Check } from "../../check";
import { keyValues } from "../../text";

export const timeSource: Check = {
  id: "hosts/time-source",
  title: "every host's clock follows a time server",
  area: "hosts",
  severity: "warning",
  seconds: 30,
  cure: "see `chronyc sources`: `timeServers` of the stack file names them, and UDP 123 must get out",
  async run(context) {
    const answers = await askHosts(context, undefined, async ({ name }) =>
      keyValues(await context.cloud.root(name, "timedatectl show --property=NTP,NTPSynchronized")),
    );
    const problems = answers
      .filter(({ answer }) => answer.NTPSynchronized !== "yes")
      .map(
        ({ host, answer }) =>
          `${host.name}: ${answer.NTP === "yes" ? "no time server answers" : "no time service runs"}`,
      );
    return judge(problems, [`${answers.length} hosts looked at`], { threshold: "synchronised" });
  },
};
