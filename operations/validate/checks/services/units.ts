// SPDX-License-Identifier: Apache-2.0
import { unitsOf } from "../../../../catalogue";
import { askHosts, judge, type Check } from "../../check";
import { keyValues } from "../../text";

/** More restarts than this since boot mean that a unit does not stay up. */
const MAX_RESTARTS = 3;

export const units: Check = {
  id: "services/units",
  title: "every unit of the catalogue is active, enabled and stays up",
  area: "services",
  severity: "critical",
  seconds: 30,
  cure: "look at `systemctl status <unit>` and `journalctl -u <unit>` on the host; `drift --fix` puts configuration back",
  async run(context) {
    const answers = await askHosts(context, undefined, async ({ name, roles }) => {
      const wanted = unitsOf(roles);
      const show = `systemctl show --property=Id,ActiveState,UnitFileState,NRestarts -- ${wanted.join(" ")}`;
      const blocks = (await context.cloud.root(name, show)).trim().split("\n\n").map(keyValues);
      return wanted.map((unit, index) => ({ unit, shown: blocks[index] ?? {} }));
    });
    const problems = answers.flatMap(({ host, answer }) =>
      answer.flatMap(({ unit, shown: { ActiveState: active, UnitFileState: file, NRestarts: restarts } }) => {
        if (active !== "active") return [`${host.name}: ${unit} is ${active ?? "unknown"}`];
        if (file === "disabled" || file === "masked") return [`${host.name}: ${unit} runs but is ${file}`];
        return Number(restarts) > MAX_RESTARTS ? [`${host.name}: ${unit} was restarted ${restarts} times`] : [];
      }),
    );
    const evidence = answers.map(({ host, answer }) => `${host.name}: ${answer.length} units looked at`);
    return judge(problems, evidence, { threshold: `active, not disabled, at most ${MAX_RESTARTS} restarts` });
  },
};
