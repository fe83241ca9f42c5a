// SPDX-License-Identifier: Apache-2.0
import { HostRole } from "../../../../catalogue";
import { hostStateWord, HostStatus } from "../../../../opennebula";
import { until } from "../../../until";
import { judge, notApplicable, type Check, type CheckContext, type Measurement } from "../../check";
import { figure, lines } from "../../text";

/** Bare metal takes minutes to test its memory before it boots. */
const SECONDS = 15 * 60;
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
    const patience = { seconds: SECONDS, every: 3000, signal };
    const [boot, failedBefore] = [await cloud.root(name, BOOT), lines(await cloud.root(name, FAILED))];
    await cloud.oned.hosts.setStatus(id, HostStatus.Disabled, { signal });
    const started = performance.now();
    try {
      // No new VM may arrive while we look.
      const { vmIds } = await cloud.oned.hosts.info(id, { signal });
      if (vmIds.length > 0) return notApplicable(`${name}: a VM has arrived meanwhile`);
      // The answer to this is cut off with the connection, or comes in time: neither tells anything.
      await cloud.root(name, "systemd-run --on-active=1 systemctl reboot").catch(() => undefined);
      await until(() => rebooted(context, name, boot), { what: `${name} is back`, ...patience });
    } finally {
      await cloud.oned.hosts.setStatus(id, HostStatus.Enabled);
    }
    const back = (performance.now() - started) / 1000;
    const isOn = async (): Promise<boolean> =>
      hostStateWord((await cloud.oned.hosts.info(id, { signal })).state) === "on";
    await until(isOn, { what: `${name} is on in oned`, ...patience });
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
