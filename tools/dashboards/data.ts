// SPDX-License-Identifier: Apache-2.0
import type { PanelSpec, Subject } from "./model";

/** One series: its name as the legend has it, and its points, seconds since 1970 and value. */
export interface Series {
  name: string;
  points: [number, number][];
}

export interface PanelData {
  panel: PanelSpec;
  series: Series[];
}

/** What is asked of Prometheus' HTTP API below its root, e.g. `api/v1/query_range?query=up`. */
export type Ask = (path: string) => Promise<string>;

export interface TimeShown {
  /** Seconds since 1970. */
  end: number;
  seconds: number;
  /** Between two points. */
  step: number;
}

interface Answer {
  status: string;
  error?: string;
  data: { result: { metric: Record<string, string>; values: [number, string][] }[] };
}

/** The PromQL that Grafana sends for a dashboard's: all hosts, and the range for rates that belongs to the step. */
export function plainQuery(expr: string, step: number): string {
  return expr.replaceAll("$host", ".+").replaceAll("$__rate_interval", `${Math.max(60, 4 * step)}s`);
}

/**
 * Runs every query of a dashboard.
 *
 * @throws Error that names panel and query when Prometheus refuses one.
 */
export async function dashboardData(subject: Subject, ask: Ask, time: TimeShown): Promise<PanelData[]> {
  const panels = subject.rows.flatMap((row) => row.panels);
  return Promise.all(panels.map(async (panel) => ({ panel, series: await panelSeries(subject, panel, ask, time) })));
}

async function panelSeries(
  subject: Subject,
  panel: PanelSpec,
  ask: Ask,
  { end, seconds, step }: TimeShown,
): Promise<Series[]> {
  const all = await Promise.all(
    panel.queries.map(async ({ expr, legend }) => {
      const query = new URLSearchParams({
        query: plainQuery(expr, step),
        start: String(end - seconds),
        end: String(end),
        step: String(step),
      });
      const answer = JSON.parse(await ask(`api/v1/query_range?${query.toString()}`)) as Answer;
      if (answer.status !== "success")
        throw new Error(`dashboard ${subject.uid}, panel "${panel.title}": ${answer.error}: ${expr}`);
      return answer.data.result.map(({ metric, values }): Series => ({
        name: legend.replace(/\{\{(\w+)\}\}/g, (_, label: string) => metric[label] ?? ""),
        points: values
          .map(([at, value]): [number, number] => [at, Number(value)])
          .filter(([, v]) => Number.isFinite(v)),
      }));
    }),
  );
  return all.flat();
}
