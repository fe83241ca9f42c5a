// SPDX-License-Identifier: Apache-2.0
import type { PanelData } from "./data";
import type { PanelSpec, Subject } from "./model";
import { valueText } from "./units";

/** Pixels of a 24th of the page. */
const COLUMN = 50;
const [LINES_HEIGHT, NUMBER_HEIGHT] = [150, 60];
const COLOURS = { good: "#3f9142", warning: "#d9822b", bad: "#c23030" };

type Spec = Record<string, unknown>;

/** A dashboard as an SVG picture, drawn without a browser: the rows and panels of the dashboard with these data. */
export async function dashboardPicture(subject: Subject, data: PanelData[]): Promise<string> {
  // Both are ES modules with top-level await: they can be imported, not required.
  const [vega, vegaLite] = await Promise.all([import("vega"), import("vega-lite")]);
  const of = (panel: PanelSpec): PanelData => data.find((one) => one.panel === panel)!;
  const spec = {
    $schema: "https://vega.github.io/schema/vega-lite/v6.json",
    background: "white",
    padding: 16,
    title: {
      text: subject.title,
      subtitle: subject.about,
      anchor: "start",
      fontSize: 20,
      subtitleFontSize: 13,
      offset: 16,
    },
    config: {
      view: { stroke: "#dddddd" },
      axis: { grid: true, gridColor: "#eeeeee", labelFontSize: 10 },
      legend: { orient: "bottom", columns: 4, labelFontSize: 10, labelLimit: 220, symbolSize: 60, title: null },
      title: { anchor: "start", fontSize: 13 },
    },
    vconcat: subject.rows.map((row) => ({
      title: { text: row.title, anchor: "start", fontSize: 15, color: "#555555" },
      hconcat: row.panels.map((panel) => panelSpec(of(panel))),
      spacing: 24,
      resolve: { scale: { color: "independent" } },
    })),
    resolve: { scale: { color: "independent" } },
  };
  const compiled = vegaLite.compile(spec as unknown as Parameters<typeof vegaLite.compile>[0]).spec;
  const view = new vega.View(vega.parse(compiled), { renderer: "none" });
  return `${await view.toSVG()}\n`;
}

function panelSpec({ panel, series }: PanelData): Spec {
  const width = (panel.width ?? (panel.kind === "number" ? 4 : 8)) * COLUMN - 40;
  const title = { text: panel.title, subtitle: panel.about.length * 6 > width ? undefined : panel.about };
  const frame = { title, width, height: panel.kind === "number" ? NUMBER_HEIGHT : LINES_HEIGHT };
  const values = series.flatMap(({ name, points }) => points.map(([at, value]) => ({ at: at * 1000, value, name })));
  if (values.length === 0) return { ...frame, ...textMark(panel.mayBeEmpty ?? "no data", "#888888", 12) };
  if (panel.kind === "number") {
    const last = series[0]!.points.at(-1)![1];
    return { ...frame, ...textMark(valueText(last, panel.unit), colourOf(panel, last), 26) };
  }
  return { ...frame, ...lineLayers(panel, values) };
}

function textMark(text: string, color: string, fontSize: number): Spec {
  return {
    data: { values: [{ text }] },
    mark: { type: "text", fontSize, color, fontWeight: fontSize > 20 ? "bold" : "normal" },
    encoding: { text: { field: "text" } },
  };
}

function colourOf({ thresholds }: PanelSpec, value: number): string {
  if (!thresholds || value < thresholds.warning) return COLOURS.good;
  return value < thresholds.bad ? COLOURS.warning : COLOURS.bad;
}

function lineLayers(panel: PanelSpec, values: { at: number; value: number; name: string }[]): Spec {
  const largest = Math.max(...values.map(({ value }) => Math.abs(value)));
  // An axis of zeros alone would have no height.
  const top = panel.max ?? (largest === 0 ? 1 : undefined);
  const domain = {
    ...(panel.min !== undefined && { domainMin: panel.min }),
    ...(top !== undefined && { domainMax: top }),
  };
  const stacked = panel.kind === "stack";
  const marks = {
    data: { values },
    mark: stacked ? { type: "area", opacity: 0.6 } : { type: "line", strokeWidth: 1.2 },
    encoding: {
      x: { field: "at", type: "temporal", title: null, axis: { format: "%H:%M", tickCount: 5 } },
      y: {
        field: "value",
        type: "quantitative",
        title: null,
        stack: stacked ? "zero" : null,
        scale: { nice: true, ...domain },
        axis: { tickCount: 4, labelExpr: axisLabels(panel, largest) },
      },
      color: { field: "name", type: "nominal" },
    },
  };
  const limits = [
    { limit: panel.thresholds?.warning, color: COLOURS.warning },
    { limit: panel.thresholds?.bad, color: COLOURS.bad },
  ].flatMap(({ limit, color }) =>
    // A limit far above what is drawn would press the lines flat.
    limit === undefined || (panel.max === undefined && limit > 4 * largest)
      ? []
      : [
          {
            data: { values: [{ limit }] },
            mark: { type: "rule", color, strokeDash: [4, 4] },
            encoding: { y: { field: "limit", type: "quantitative" } },
          },
        ],
  );
  return { layer: [marks, ...limits] };
}

/** Vega writes the labels: the few values that an axis can have are named beforehand by one prefix for all. */
function axisLabels({ unit }: PanelSpec, largest: number): string {
  const factor = { percentunit: 100 }[unit] ?? 1;
  const bytes = unit === "bytes" ? 1024 : 1000;
  const scalable = ["bytes", "Bps", "bps"].includes(unit);
  const power = scalable && largest > 0 ? Math.max(0, Math.min(4, Math.floor(Math.log(largest) / Math.log(bytes)))) : 0;
  const prefix = (bytes === 1024 ? ["", "Ki", "Mi", "Gi", "Ti"] : ["", "k", "M", "G", "T"])[power]!;
  const names: Record<string, string> = {
    percent: " %",
    percentunit: " %",
    s: " s",
    m: " min",
    d: " d",
    cps: "/s",
    pps: "/s",
    bps: ` ${prefix}bit/s`,
    Bps: ` ${prefix}B/s`,
    bytes: ` ${prefix}B`,
  };
  return `format(datum.value * ${factor} / ${bytes ** power}, ".3~r") + "${names[unit] ?? ""}"`;
}
