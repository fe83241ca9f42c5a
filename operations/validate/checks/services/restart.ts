// SPDX-License-Identifier: Apache-2.0
import { setTimeout as sleep } from "node:timers/promises";
import { judge, type Check, type Measurement } from "../../check";
import { figure, lines } from "../../text";

const SECONDS = 60;
const RUNNING = "systemctl list-units 'opennebula*.service' --state=running --plain --no-legend --no-pager";

export const restart: Check = {
  id: "services/restart",
  title: "oned comes back after a restart, with what stands on it",
  area: "services",
  severity: "critical",
  impact: "disrupt",
  exclusive: "load",
  seconds: SECONDS * 3,
  cure: "see `logs --unit oned`; the database must answer before oned starts",
  async run({ cloud, signal }) {
    const { name } = cloud.frontend;
    const running = async (): Promise<string[]> =>
      lines(await cloud.root(name, RUNNING)).map((line) => line.split(/\s/)[0]!);
    const before = await running();
    const started = performance.now();
    const elapsed = (): number => (performance.now() - started) / 1000;
    await cloud.root(name, "systemctl restart opennebula.service", "", SECONDS * 2);
    let api: number | undefined;
    let missing = before;
    while ((api === undefined || missing.length > 0) && elapsed() < SECONDS) {
      const version = await cloud.oned.version({ signal, deadlineSeconds: 5 }).catch(() => undefined);
      if (version !== undefined) api ??= elapsed();
      const now = await running();
      missing = before.filter((unit) => !now.includes(unit));
      if (api === undefined || missing.length > 0) await sleep(500, undefined, { signal });
    }
    const problems = [
      ...(api === undefined ? [`${name}: oned does not answer ${SECONDS} s after its restart`] : []),
      ...missing.map((unit) => `${name}: ${unit} has not come back`),
    ];
    const measurements: Measurement[] =
      api === undefined ? [] : [{ name: "time without API at a restart", from: name, value: api, unit: "s" }];
    const evidence = api === undefined ? [] : [`${name}: oned answers again after ${figure(api)} s`];
    return judge(problems, [...evidence, `${before.length} units ran before`], {
      threshold: `within ${SECONDS} s`,
      measurements,
    });
  },
};
