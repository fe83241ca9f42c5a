// SPDX-License-Identifier: Apache-2.0
import { Severity, type Alert, type AlertGroup, type AlertModel } from "../model";

interface Burn {
  name: string;
  severity: Severity;
  /** How many times faster than allowed the budget is used. */
  factor: number;
  /** Seconds of the long and the short window. */
  long: number;
  short: number;
}

const HOUR = 3600;
/** Windows and factors of Google's SRE workbook, chapter 5, for a budget of 30 days. */
const burns: Burn[] = [
  { name: "ErrorBudgetBurnsFast", severity: Severity.Critical, factor: 14.4, long: HOUR, short: HOUR / 12 },
  { name: "ErrorBudgetBurns", severity: Severity.Critical, factor: 6, long: 6 * HOUR, short: HOUR / 2 },
  { name: "ErrorBudgetBurnsSlowly", severity: Severity.Warning, factor: 1, long: 72 * HOUR, short: 6 * HOUR },
];

const series = (seconds: number): string => `slo:oned_errors:ratio_${seconds / 60}m`;

/** The goal for the API: what part of the questions to it must be answered. */
export function sloAlerts(model: AlertModel): AlertGroup {
  const budget = 1 - model.thresholds.availability;
  const windows = [...new Set(burns.flatMap(({ long, short }) => [long, short]))].sort((a, b) => a - b);
  return {
    name: "slo",
    recordings: windows.map((seconds) => ({
      record: series(seconds),
      expr: `1 - avg_over_time(probe_success{job="oned"}[${model.range(seconds)}])`,
    })),
    alerts: burns.map((burn): Alert => {
      const limit = Number((burn.factor * budget).toPrecision(6));
      return {
        name: burn.name,
        severity: burn.severity,
        expr: `${series(burn.long)} > ${limit} and ${series(burn.short)} > ${limit}`,
        forSeconds: 0,
        summary: `The API of host {{ $labels.host }} uses up its error budget ${burn.factor} times as fast as it may`,
        runbook: {
          meaning: `If it goes on, the goal of ${100 * model.thresholds.availability} % for the month is missed in ${Math.round(30 / burn.factor)} days.`,
          check: "OnedDown and MysqlDown of the last hours, and oned's log.",
          cure: "Mend the cause of the outages before anything new is rolled out.",
        },
      };
    }),
  };
}
