// SPDX-License-Identifier: Apache-2.0
import { services } from "../../catalogue";
import { pause } from "../../lab/hosts/run";
import { Lab } from "../../lab/lab";
import { setInCloud } from "../../lab/stack-file";
import { row, type Row } from "../rows";

/** What the whole of it may take of the front-end with two hosts. */
const BUDGET = { megabytes: 600, percentOfACore: 5 };
const SCRAPE_SECONDS = 15;
/** Until what a start costs is over, and how long is measured then. */
const [SETTLE_SECONDS, MEASURED_SECONDS] = [60, 150];

/** By unit: processor time since its start, and memory; what processes share counts once. */
type Look = Record<string, { cpuSeconds: number; megabytes: number }>;

export interface MonitoringCost {
  /** Of one core, by unit. */
  percent: Record<string, number>;
  /** The most of both looks, by unit. */
  megabytes: Record<string, number>;
}

const LOOK = `for unit; do
  group=/sys/fs/cgroup/system.slice/$unit
  memory=0
  for pid in $(cat "$group/cgroup.procs"); do
    memory=$((memory + $(awk '/^Pss:/ { print $2 }' "/proc/$pid/smaps_rollup")))
  done
  echo "$unit $(awk '/^usage_usec/ { print $2 }' "$group/cpu.stat") $memory"
done`;

/** The figures of the front-end; all of them not measured where no lab can run. */
export function monitoringRows(cost: MonitoringCost | undefined): Row[] {
  const sum = (figures: Record<string, number>): number => Object.values(figures).reduce((all, one) => all + one, 0);
  const title = `monitoring on the front-end, 2 hosts, every ${SCRAPE_SECONDS} s`;
  return [
    row(`${title}: memory`, cost && sum(cost.megabytes), "MB", { atMost: BUDGET.megabytes }),
    row(`${title}: CPU`, cost && sum(cost.percent), "% of a core", { atMost: BUDGET.percentOfACore }),
    ...Object.keys(cost?.megabytes ?? {}).flatMap((unit) => [
      row(`  ${unit}: memory`, cost!.megabytes[unit], "MB"),
      row(`  ${unit}: CPU`, cost!.percent[unit], "% of a core"),
    ]),
  ];
}

/** Deploys a lab of its own with production's times and looks at what its monitoring costs. @param note - told what is being measured */
export async function measureMonitoring(note: (text: string) => void): Promise<MonitoringCost> {
  const lab = new Lab({ name: `bench-monitoring-${process.pid}` });
  const end = (): Promise<void> => lab.down({ wipe: true });
  const interrupted = (): void => void end().finally(() => process.exit(130));
  process.once("SIGINT", interrupted);
  try {
    note("monitoring: deployment");
    await lab.start();
    setInCloud(lab.stackFile, ["monitoring", "scrapeSeconds"], SCRAPE_SECONDS);
    setInCloud(lab.stackFile, ["monitoring", "timeScale"], 1);
    const { exitCode, diagnostics } = await lab.up();
    if (exitCode !== 0) throw new Error(`the deployment failed:\n${diagnostics.join("\n")}`);
    note(`monitoring: ${MEASURED_SECONDS} s of work`);
    await pause(SETTLE_SECONDS * 1000);
    const started = Date.now();
    const before = await look(lab);
    await pause(MEASURED_SECONDS * 1000);
    const after = await look(lab);
    const seconds = (Date.now() - started) / 1000;
    const units = Object.keys(before);
    const of = (figure: (unit: string) => number): Record<string, number> =>
      Object.fromEntries(units.map((unit) => [unit, figure(unit)]));
    return {
      percent: of((unit) => (100 * (after[unit]!.cpuSeconds - before[unit]!.cpuSeconds)) / seconds),
      megabytes: of((unit) => Math.max(before[unit]!.megabytes, after[unit]!.megabytes)),
    };
  } finally {
    process.removeListener("SIGINT", interrupted);
    await end();
  }
}

async function look(lab: Lab): Promise<Look> {
  const units = new Set(Object.values(services).flatMap(({ owner, unit }) => (owner === "monitoring" ? [unit] : [])));
  const text = await lab.exec("fe", ["sh", "-euc", LOOK, "look", ...units], { timeoutSeconds: 60 });
  return Object.fromEntries(
    text
      .trim()
      .split("\n")
      .map((line) => {
        const [unit = "", microseconds, kilobytes] = line.split(" ");
        return [unit, { cpuSeconds: Number(microseconds) / 1e6, megabytes: Number(kilobytes) / 1024 }];
      }),
  );
}
