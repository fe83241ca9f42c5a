// SPDX-License-Identifier: Apache-2.0
import { askHosts, judge, type Check } from "../../check";

const SCRIPT = `if [ -e /run/reboot-required ] || [ -e /var/run/reboot-required ]; then echo waits; else echo none; fi
uptime -p`;

export const reboot: Check = {
  id: "hosts/reboot",
  title: "no host waits for a reboot",
  area: "hosts",
  severity: "warning",
  seconds: 30,
  cure: "move the VMs away (`onehost flush <host>`) and reboot the host",
  async run(context) {
    const answers = await askHosts(context, undefined, async ({ name }) =>
      (await context.cloud.root(name, SCRIPT)).trim().split("\n"),
    );
    const problems = answers
      .filter(({ answer }) => answer[0] === "waits")
      .map(({ host }) => `${host.name}: an update waits for a reboot`);
    return judge(
      problems,
      answers.map(({ host, answer }) => `${host.name}: ${answer[1] ?? "up"}`),
      { threshold: "none" },
    );
  },
};
