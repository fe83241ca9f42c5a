// SPDX-License-Identifier: Apache-2.0
import type { GrafanaMode, GrafanaRepository } from "../catalogue";
import type { MonitoringConfig } from "./stack.gen";

/** Monitoring in the words of the component. */
export interface CloudMonitoring {
  grafana: GrafanaMode;
  grafanaRepository?: GrafanaRepository;
  scrapeSeconds: number;
  timeScale: number;
  retention: { days: number; sizeGib: number };
  remoteWrite?: string;
  webhookHosts?: string[];
  alerts: {
    email?: { smarthost: string; from: string; to: string[]; username?: string; requireTls: boolean };
    slack?: { channel?: string };
    deadMan: boolean;
  };
  thresholds: NonNullable<MonitoringConfig["thresholds"]>;
}

/** Undefined where nothing watches. */
export function cloudMonitoring(config: MonitoringConfig): CloudMonitoring | undefined {
  if (!config.enabled) return undefined;
  const { email, slack, deadMan } = config;
  return {
    grafana: config.grafana as GrafanaMode,
    grafanaRepository: config.grafanaRepository,
    scrapeSeconds: config.scrapeSeconds!,
    timeScale: config.timeScale!,
    retention: { days: config.retentionDays!, sizeGib: config.retentionGib! },
    remoteWrite: config.remoteWrite,
    webhookHosts: config.webhookHosts,
    alerts: { email: email && { ...email, requireTls: email.requireTls! }, slack, deadMan: deadMan! },
    thresholds: config.thresholds ?? {},
  };
}
