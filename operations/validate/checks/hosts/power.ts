// SPDX-License-Identifier: Apache-2.0
import { setTimeout as sleep } from "node:timers/promises";
import { HostRole } from "../../../../catalogue";
import { hostStateWord, HostStatus } from "../../../../opennebula";
import { judge, notApplicable, type Check, type CheckContext, type Measurement } from "../../check";
import { figure, lines } from "../../text";

/** Bare metal takes minutes to test its memory before it boots. */
const SECONDS = 15 * 60;
const PAUSE = 3;
const BOOT = "cat /proc/sys/kernel/random/boot_id";
const FAILED = "systemctl list-units --failed --plain --no-legend --no-pager";

export const power: Check = {
  id: "hosts/power",
  title: "a hypervisor without VMs comes back by itself after a reboot",
  area: "hosts",
  severity: "critical",
  impact: "disrupt",
  exclusive: "load",
  seconds: SECONDS + 120,
  cure: "look at the host's console; docs/operations/emergency.md#a-hypervisor-is-gone",
  async run(context) {
    const { cloud, signal } = context;
    const known = await cloud.oned.hosts.list({ signal });
    const names = cloud.withRole(HostRole.Hypervisor).map(({ name }) => name);
    // The front-end is left alone: with it everything else would be away.
    const chosen = known.find(
      ({ name, vmIds, state }) =>
        names.includes(name) && name !== cloud.frontend.name && vmIds.length === 0 && hostStateWord(state) === "on",
    );
    if (chosen === undefined) return notApplicable("every hypervisor is the front-end, has VMs or is not on");
    const { id, name } = chosen;
    const [boot, failedBefore] = [await cloud.root(name, BOOT), lines(await cloud.root(name, FAILED))];
    await cloud.oned.hosts.setStatus(id, HostStatus.Disabled, { signal });
    const started = performance.now();
    try {
      // The answer to this is cut off with the connection, or comes in time: neither tells anything.
      await cloud.root(name, "systemd-run --on-active=1 systemctl reboot").catch(() => undefined);
      await until(context, () => rebooted(context, name, boot));
    } finally {
      await cloud.oned.hosts.setStatus(id, HostStatus.Enabled);
    }
    const back = (performance.now() - started) / 1000;
    await until(context, async () => hostStateWord((await cloud.oned.hosts.info(id, { signal })).state) === "on");
    const failed = lines(await cloud.root(name, FAILED)).filter((line) => !failedBefore.includes(line));
    const measurement: Measurement = { name: "time of a reboot", from: name, value: back, unit: "s" };
    return judge(
      failed.map((line) => `${name}: ${line.split(/\s/)[0]} has failed since`),
      [`${name}: answered again after ${figure(back)} s and is on in oned`],
      { threshold: `within ${SECONDS / 60} minutes, no unit failed`, measurements: [measurement] },
    );
  },
};

async function rebooted({ cloud }: CheckContext, name: string, before: string): Promise<boolean> {
  const now = await cloud.root(name, BOOT, "", 10).catch(() => undefined);
  return now !== undefined && now !== before;
}

/** The check's own deadline ends the waiting. */
async function until({ signal }: CheckContext, holds: () => Promise<boolean>): Promise<void> {
  while (!(await holds())) await sleep(PAUSE * 1000, undefined, { signal });
}
