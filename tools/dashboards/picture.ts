// SPDX-License-Identifier: Apache-2.0
import type { PanelData } from "./data";
import type { PanelSpec, Subject } from "./model";
import { valueText } from "./units";

/** Pixels of a 24th of the page. */
const COLUMN = 50;
/** Left of every panel, for what its axis says, and between panels. */
const [AXIS, GAP] = [52, 20];
const [LINES_HEIGHT, NUMBER_HEIGHT] = [150, 60];
const NONE = "#888888";
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
      axisX: { labelFlush: true },
      axisY: { minExtent: AXIS, maxExtent: AXIS },
      legend: { orient: "bottom", columns: 4, labelFontSize: 10, labelLimit: 220, symbolSize: 60, title: null },
      title: { anchor: "start", fontSize: 13 },
    },
    vconcat: subject.rows.map((row) => ({
      title: { text: row.title, anchor: "start", fontSize: 15, color: "#555555" },
      hconcat: row.panels.map((panel) => panelSpec(of(panel))),
      // What an axis, a legend or a title needs does not count: the panels stand in columns.
      bounds: "flush",
      spacing: AXIS + GAP,
      resolve: { scale: { color: "independent" } },
    })),
    resolve: { scale: { color: "independent" } },
  };
  const compiled = vegaLite.compile(spec as unknown as Parameters<typeof vegaLite.compile>[0]).spec;
  const view = new vega.View(vega.parse(compiled), { renderer: "none" });
  return `${await view.toSVG()}\n`;
}

function panelSpec({ panel, series }: PanelData): Spec {
  const isNumber = panel.kind === "number";
  const width = (panel.width ?? (isNumber ? 4 : 8)) * COLUMN - AXIS - GAP;
  // A line of its own in any case, so that panels beside each other begin at one height.
  const subtitle = panel.about.length * 6 > width + AXIS ? " " : panel.about;
  const title = { text: panel.title, subtitle, ...(isNumber && { fontSize: 11 }) };
  const frame = { title, width, height: isNumber ? NUMBER_HEIGHT : LINES_HEIGHT };
  const values = series.flatMap(({ name, points }) => points.map(([at, value]) => ({ at: at * 1000, value, name })));
  if (isNumber) {
    const last = series[0]?.points.at(-1)?.[1];
    const text = last === undefined ? (panel.mayBeEmpty ?? "no data") : valueText(last, panel.unit);
    return { ...frame, ...numberMark(text, last === undefined ? undefined : colourOf(panel, last)) };
  }
  if (values.length === 0) return { ...frame, ...emptyMark(panel.mayBeEmpty ?? "no data") };
  return { ...frame, ...lineLayers(panel, values) };
}

/** A number below its title; without a colour the words for none. */
function numberMark(text: string, color?: string): Spec {
  const font = color === undefined ? { color: NONE, fontSize: 12 } : { color, fontSize: 26, fontWeight: "bold" };
  return {
    data: { values: [{ text }] },
    view: { stroke: null },
    mark: { type: "text", align: "left", ...font },
    encoding: { text: { field: "text" }, x: { value: -AXIS } },
  };
}

function emptyMark(text: string): Spec {
  return {
    data: { values: [{ text }] },
    mark: { type: "text", fontSize: 12, color: NONE },
    encoding: {
      text: { field: "text" },
      // An axis that nobody sees keeps the place that others have for theirs.
      y: {
        datum: 0.5,
        type: "quantitative",
        scale: { domain: [0, 1] },
        axis: { title: null, labels: false, ticks: false, domain: false, grid: false },
      },
    },
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
