// SPDX-License-Identifier: Apache-2.0
import {
  GraphGradientMode,
  GraphThresholdsStyleMode,
  LegendDisplayMode,
  LegendPlacement,
  StackingMode,
  TooltipDisplayMode,
  VisibilityMode,
  BigValueGraphMode,
  SortOrder,
  VizLegendOptionsBuilder,
  VizTooltipOptionsBuilder,
  GraphThresholdsStyleConfigBuilder,
  StackingConfigBuilder,
} from "@grafana/grafana-foundation-sdk/common";
import {
  DashboardBuilder,
  DashboardCursorSync,
  DashboardLinkBuilder,
  DashboardLinkType,
  DatasourceVariableBuilder,
  QueryVariableBuilder,
  RowBuilder,
  ThresholdsConfigBuilder,
  ThresholdsMode,
  VariableRefresh,
  VariableSort,
  type Dashboard,
} from "@grafana/grafana-foundation-sdk/dashboard";
import { DataqueryBuilder } from "@grafana/grafana-foundation-sdk/prometheus";
import { PanelBuilder as StatBuilder } from "@grafana/grafana-foundation-sdk/stat";
import { PanelBuilder as TimeseriesBuilder } from "@grafana/grafana-foundation-sdk/timeseries";
import { runbookUrl } from "../../catalogue";
import type { PanelSpec, Subject } from "./model";

const TAG = "opennebula-scaleway";
const source = { type: "prometheus", uid: "${datasource}" };
const HEIGHT = 8;

/** A subject as the dashboard that Grafana reads: what all have in common is here and nowhere else. */
export function renderDashboard({ uid, title, about, rows }: Subject): Dashboard {
  const board = new DashboardBuilder(title)
    .uid(uid)
    .description(about)
    .tags([TAG])
    .readonly()
    .timezone("utc")
    .tooltip(DashboardCursorSync.Crosshair)
    .time({ from: "now-6h", to: "now" })
    .refresh("1m")
    .withVariable(new DatasourceVariableBuilder("datasource").label("Data source").type("prometheus"))
    .withVariable(
      new QueryVariableBuilder("host")
        .label("Host")
        .query("label_values(node_uname_info, host)")
        .datasource(source)
        .refresh(VariableRefresh.OnTimeRangeChanged)
        .sort(VariableSort.AlphabeticalAsc)
        .multi(true)
        .includeAll(true)
        .allValue(".+")
        .current({ selected: true, text: "All", value: "$__all" }),
    )
    .link(
      new DashboardLinkBuilder("Dashboards")
        .type(DashboardLinkType.Dashboards)
        .tags([TAG])
        .asDropdown(true)
        .includeVars(true)
        .keepTime(true),
    );
  for (const row of rows) {
    board.withRow(new RowBuilder(row.title));
    row.panels.forEach((panel) => board.withPanel(renderPanel(panel)));
  }
  return board.build();
}

function renderPanel(spec: PanelSpec): StatBuilder | TimeseriesBuilder {
  const panel = spec.kind === "number" ? number(spec) : lines(spec);
  panel
    .title(spec.title)
    .description(spec.mayBeEmpty === undefined ? spec.about : `${spec.about} No data: ${spec.mayBeEmpty}.`)
    .datasource(source)
    .unit(spec.unit)
    .height(spec.kind === "number" ? HEIGHT / 2 : HEIGHT)
    .span(spec.width ?? (spec.kind === "number" ? 4 : 8))
    .thresholds(thresholds(spec));
  if (spec.min !== undefined) panel.min(spec.min);
  if (spec.max !== undefined) panel.max(spec.max);
  if (spec.runbook !== undefined) {
    const url = runbookUrl(spec.runbook);
    panel.links([
      new DashboardLinkBuilder(`Runbook ${spec.runbook}`).type(DashboardLinkType.Link).url(url).targetBlank(true),
    ]);
  }
  spec.queries.forEach(({ expr, legend }, index) => {
    const query = new DataqueryBuilder()
      .refId(String.fromCharCode(65 + index))
      .expr(expr)
      .legendFormat(legend)
      .datasource(source);
    panel.withTarget(spec.kind === "number" ? query.instant() : query.range());
  });
  return panel;
}

function number(_spec: PanelSpec): StatBuilder {
  return new StatBuilder().graphMode(BigValueGraphMode.None);
}

function lines({ kind, thresholds: limits }: PanelSpec): TimeseriesBuilder {
  const panel = new TimeseriesBuilder()
    .lineWidth(1)
    .fillOpacity(kind === "stack" ? 40 : 8)
    .gradientMode(GraphGradientMode.None)
    .showPoints(VisibilityMode.Never)
    .legend(
      new VizLegendOptionsBuilder()
        .displayMode(LegendDisplayMode.List)
        .placement(LegendPlacement.Bottom)
        .showLegend(true)
        .calcs([]),
    )
    .tooltip(new VizTooltipOptionsBuilder().mode(TooltipDisplayMode.Multi).sort(SortOrder.Descending));
  if (kind === "stack") panel.stacking(new StackingConfigBuilder().mode(StackingMode.Normal));
  if (limits) panel.thresholdsStyle(new GraphThresholdsStyleConfigBuilder().mode(GraphThresholdsStyleMode.Line));
  return panel;
}

function thresholds({ thresholds: limits }: PanelSpec): ThresholdsConfigBuilder {
  const worse = limits
    ? [
        { value: limits.warning, color: "orange" },
        { value: limits.bad, color: "red" },
      ]
    : [];
  return new ThresholdsConfigBuilder().mode(ThresholdsMode.Absolute).steps([{ value: null, color: "green" }, ...worse]);
}
