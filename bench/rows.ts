// SPDX-License-Identifier: Apache-2.0
import Table from "cli-table3";

/** One measured figure. */
export interface Row {
  name: string;
  /** null: not measured here. */
  value: number | null;
  unit: string;
  /** What it should be, e.g. `<= 60`; null: no goal, the figure explains others. */
  goal: string | null;
  /** Whether the goal is met; false where it was not measured, null where there is none. */
  holds: boolean | null;
}

/** A bound of a figure. */
export interface Goal {
  atMost?: number;
  atLeast?: number;
}

/** Seconds that something took. */
export async function timed(work: () => Promise<unknown>): Promise<number> {
  const started = Date.now();
  await work();
  return (Date.now() - started) / 1000;
}

/** @param value - undefined: not measured here, which never counts as holding. */
export function row(name: string, value: number | undefined, unit: string, goal?: Goal): Row {
  const rounded = value === undefined ? null : Math.round(value * 100) / 100;
  if (goal === undefined) return { name, value: rounded, unit, goal: null, holds: null };
  const { atMost, atLeast } = goal;
  return {
    name,
    value: rounded,
    unit,
    goal: [atMost === undefined ? "" : `<= ${atMost}`, atLeast === undefined ? "" : `>= ${atLeast}`].join(" ").trim(),
    holds: value !== undefined && value <= (atMost ?? Infinity) && value >= (atLeast ?? -Infinity),
  };
}

/** The table for people. @param reason - why figures are missing, if any are */
export function renderRows(rows: Row[], reason: string | undefined): string {
  const table = new Table({ head: ["what", "value", "unit", "goal", "holds"], style: { head: [], border: [] } });
  for (const { name, value, unit, goal, holds } of rows) {
    const verdict = value === null ? "not run" : holds === null ? "" : holds ? "yes" : "NO";
    table.push([name, value === null ? "-" : String(value), unit, goal ?? "", verdict]);
  }
  return [table.toString(), ...(reason === undefined ? [] : [`not run: ${reason}`])].join("\n");
}
