// SPDX-License-Identifier: Apache-2.0
export { MonitoringLayer, type MonitoringLayerArgs, type MonitoringPages, type MonitoringSecrets } from "./monitoring";
export { defaultThresholds, type Thresholds } from "./model";
export { renderTargets, type TargetsArgs } from "./targets";
export { Grafana, type GrafanaArgs, type GrafanaOutputs } from "./grafana/grafana";
export type { PagesArgs } from "./pages";
export type { AlertRouting, MonitoringArgs } from "./plan";
