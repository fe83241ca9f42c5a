// SPDX-License-Identifier: Apache-2.0
import { setTimeout as sleep } from "node:timers/promises";
import type { ValidationReport } from "./report";

const PAUSE_SECONDS = 10;

/** Units of a duration, in seconds. */
const UNITS: Record<string, number> = { s: 1, m: 60, h: 3600 };

/**
 * A duration such as `90s`, `10m`, `1h`; a bare number is seconds.
 *
 * @returns seconds.
 * @throws Error that states the form.
 */
export function parseDuration(text: string): number {
  const [, count, unit = "s"] = /^(\d+)([smh])?$/.exec(text) ?? [];
  if (count === undefined) throw new Error(`"${text}" is no duration; write 90s, 10m or 1h`);
  return Number(count) * UNITS[unit]!;
}

/**
 * Runs again until the cloud is ready or the time is over; a run that could not begin counts as not ready.
 *
 * @param attempt - one run.
 * @returns the last report.
 * @throws the last run's error where the time is over.
 */
export async function untilReady(
  attempt: () => Promise<ValidationReport>,
  seconds: number,
  pauseSeconds = PAUSE_SECONDS,
): Promise<ValidationReport> {
  const deadline = Date.now() + seconds * 1000;
  for (;;) {
    const last = await attempt().then(
      (report) => ({ report }),
      (error: unknown) => ({ error }),
    );
    if ("report" in last && last.report.readiness !== "NOT READY") return last.report;
    if (Date.now() + pauseSeconds * 1000 > deadline) {
      if ("report" in last) return last.report;
      throw last.error;
    }
    await sleep(pauseSeconds * 1000);
  }
}
