// SPDX-License-Identifier: Apache-2.0
import type { GrafanaMode, GrafanaRepository } from "../../catalogue";
import type { Text } from "../host/text";
import { AlertModel, defaultThresholds, type Thresholds } from "./model";
import { externalUrl, type PagesArgs } from "./pages";

/** Who is told of alerts, and how. */
export interface AlertRouting {
  email?: {
    /** `host:port` of the mail server. */
    smarthost: string;
    from: string;
    to: string[];
    /** Login; its password is a secret of the stack. @default none */
    username?: string;
    /** Refuse a server without STARTTLS. @default true */
    requireTls?: boolean;
  };
  /** The webhook's address is a secret of the stack. */
  slack?: { channel?: string };
  /** Tell a second place, which raises the alarm when it hears nothing; its address is a secret of the stack. @default false */
  deadMan?: boolean;
}

export interface MonitoringArgs {
  /** Seconds between two looks. @default 15 */
  scrapeSeconds?: number;
  /** What every duration of an alert is multiplied by. @default 1 */
  timeScale?: number;
  /** Days and GiB of metrics that are kept; what is reached first ends it. @default 30 days, 10 GiB */
  retention?: { days?: number; sizeGib?: number };
  /** Prometheus remote-write URL that gets everything too. @default none */
  remoteWrite?: string;
  alerts?: AlertRouting;
  /** Hosts of the webhooks as `host:port`; the firewall lets alerts reach them. @default hooks.slack.com:443 where there is a chat */
  webhookHosts?: string[];
  thresholds?: Partial<Thresholds>;
  /** Whether a run may end well without Grafana. @default GrafanaMode.Required */
  grafana?: GrafanaMode;
  /** A mirror of Grafana's packages. @default the vendor's */
  grafanaRepository?: GrafanaRepository;
}

export interface MonitoredHost {
  managementAddress: string;
  /** Whether VMs run there. */
  hypervisor: boolean;
}

export interface MonitoringPlanArgs extends MonitoringArgs {
  /** Every host by name. */
  hosts: Record<string, MonitoredHost>;
  /** The host that watches. */
  frontend: string;
  /** Who may see the pages behind the front-end's TLS proxy. @default nobody: there is no proxy */
  pages?: PagesArgs;
  /** Whether public addresses of VMs are looked after, and so watched. @default false */
  flexibleIps?: boolean;
}

/** Monitoring with everything that is known before anything exists. */
export interface MonitoringPlan {
  hosts: Record<string, MonitoredHost>;
  frontend: string;
  /** Undefined where no proxy serves them. */
  pages?: PagesArgs;
  /** Where people see the pages, without slash at the end. */
  externalUrl: Text;
  model: AlertModel;
  flexibleIps: boolean;
  retention: { days: number; sizeGib: number };
  remoteWrite?: string;
  routing: {
    email?: Required<Omit<NonNullable<AlertRouting["email"]>, "username">> & { username?: string };
    slack?: { channel?: string };
    deadMan: boolean;
  };
}

/** Plans who looks at what, and who is told. */
export function planMonitoring(args: MonitoringPlanArgs): MonitoringPlan {
  const { scrapeSeconds = 15, timeScale = 1, retention = {}, alerts = {} } = args;
  const { email, slack, deadMan } = alerts;
  return {
    hosts: args.hosts,
    frontend: args.frontend,
    pages: args.pages,
    externalUrl: externalUrl(args.pages),
    model: new AlertModel({ ...defaultThresholds, ...args.thresholds }, { scrapeSeconds, scale: timeScale }),
    flexibleIps: args.flexibleIps ?? false,
    retention: { days: retention.days ?? 30, sizeGib: retention.sizeGib ?? 10 },
    remoteWrite: args.remoteWrite,
    routing: {
      email: email && { ...email, requireTls: email.requireTls ?? true },
      slack,
      deadMan: deadMan ?? false,
    },
  };
}
