// SPDX-License-Identifier: Apache-2.0

/** One line or number of a panel. */
export interface Query {
  /** PromQL; `$host` are the chosen hosts, `$__rate_interval` the range for rates. */
  expr: string;
  /** Grafana's template, e.g. `{{host}}`; empty only where there is one series. */
  legend: string;
}

export interface PanelSpec {
  title: string;
  /** What a reader learns from it. */
  about: string;
  /** Grafana's id of a unit; `none` for plain counts. */
  unit: string;
  queries: Query[];
  /** @default "lines" */
  kind?: "lines" | "stack" | "number";
  /** In 24ths of the page. @default 8, numbers 4 */
  width?: number;
  min?: number;
  max?: number;
  /** From where a value is worrying, and from where it is bad. */
  thresholds?: { warning: number; bad: number };
  /** Alert whose runbook belongs to this panel. */
  runbook?: string;
  /** Why there may be no data although all is well, e.g. no VM runs. */
  mayBeEmpty?: string;
}

export interface Row {
  title: string;
  panels: PanelSpec[];
}

/** One dashboard. */
export interface Subject {
  uid: string;
  title: string;
  about: string;
  rows: Row[];
}

/** Series of the chosen hosts. */
export const onHosts = 'host=~"$host"';

/** `rate` over the range that Grafana finds right for the time shown. */
export const rate = (selector: string): string => `rate(${selector}[$__rate_interval])`;

/**
 * What the exporter tells about hosts, with the name of that host in `node`: the label `host` of a target, which says who tells,
 * may have pushed the exporter's own to `exported_host`.
 */
export const byNode = (selector: string): string =>
  `label_replace(label_replace(${selector}, "node", "$1", "host", "(.+)"), "node", "$1", "exported_host", "(.+)")`;

/** Interfaces of the host, not those of single VMs. */
export const hostDevices = 'device!~"lo|one-.*|vnet.*|veth.*"';
