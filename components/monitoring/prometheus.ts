// SPDX-License-Identifier: Apache-2.0
import { stringify } from "yaml";
import { runbookUrl, services } from "../../catalogue";
import { alertGroups } from "./alerts";
import type { AlertModel } from "./model";
import { pages } from "./pages";
import type { MonitoringPlan } from "./plan";
import { targetFile } from "./targets";

const yaml = (value: unknown): string => stringify(value, { lineWidth: 0 });

interface Target {
  host: string;
  address: string;
}

interface Job {
  job: string;
  /** On this host; absent: on the cloud's hosts, as a file says that the list of hosts owns. */
  targets?: Target[];
  path?: string;
  /** Its numbers are about other hosts than the one that it runs on, and say so in the label `host`. */
  aboutOthers?: boolean;
  /** Asked by the blackbox exporter, which looks at `address` in this way. */
  probe?: "tcp" | "icmp";
}

/** Everything that is looked at, from the catalogue of services. */
export function scrapeJobs(plan: MonitoringPlan): Job[] {
  const local = (port: number): Target[] => [{ host: plan.frontend, address: `127.0.0.1:${port}` }];
  return [
    { job: "node" },
    { job: "libvirt" },
    { job: "mysqld", targets: local(services.mysqldExporter.port) },
    { job: "opennebula", targets: local(services.openNebulaExporter.port), aboutOthers: true },
    { job: "prometheus", targets: local(services.prometheus.port), path: `${pages.prometheus}metrics` },
    { job: "alertmanager", targets: local(services.alertmanager.port), path: `${pages.alertmanager}metrics` },
    { job: "blackbox", targets: local(services.blackboxExporter.port) },
    { job: "oned", probe: "tcp", targets: local(services.oned.port) },
    { job: "ping", probe: "icmp" },
  ];
}

/** `/etc/prometheus/prometheus.yml`. */
export function prometheusConfiguration(plan: MonitoringPlan): string {
  const { scrapeSeconds } = plan.model.times;
  const blackbox = `127.0.0.1:${services.blackboxExporter.port}`;
  return yaml({
    global: {
      scrape_interval: `${scrapeSeconds}s`,
      scrape_timeout: `${Math.min(10, scrapeSeconds)}s`,
      evaluation_interval: `${scrapeSeconds}s`,
    },
    rule_files: ["opennebula-scaleway.rules.yml"],
    alerting: {
      alertmanagers: [
        {
          path_prefix: pages.alertmanager,
          static_configs: [{ targets: [`127.0.0.1:${services.alertmanager.port}`] }],
        },
      ],
    },
    scrape_configs: scrapeJobs(plan).map(({ job, targets, path, probe, aboutOthers }) => ({
      job_name: job,
      honor_labels: aboutOthers,
      metrics_path: probe === undefined ? (path ?? "/metrics") : "/probe",
      ...(probe === undefined ? {} : { params: { module: [probe] } }),
      ...(targets === undefined
        ? { file_sd_configs: [{ files: [targetFile(job)] }] }
        : { static_configs: targets.map(({ host, address }) => ({ targets: [address], labels: { host } })) }),
      ...(probe === undefined
        ? {}
        : {
            relabel_configs: [
              { source_labels: ["__address__"], target_label: "__param_target" },
              { source_labels: ["__address__"], target_label: "instance" },
              { target_label: "__address__", replacement: blackbox },
            ],
          }),
    })),
    ...(plan.remoteWrite === undefined ? {} : { remote_write: [{ url: plan.remoteWrite }] }),
  });
}

/** The rules as Prometheus takes them. */
export function ruleFile(model: AlertModel): string {
  return yaml({
    groups: alertGroups(model).map(({ name, recordings = [], alerts }) => ({
      name,
      rules: [
        ...recordings,
        ...alerts.map((alert) => ({
          alert: alert.name,
          expr: alert.expr,
          for: alert.forSeconds === 0 ? undefined : model.duration(alert.forSeconds),
          labels: { severity: alert.severity },
          annotations: { summary: alert.summary, runbook_url: runbookUrl(alert.name) },
        })),
      ],
    })),
  });
}

/** `/etc/prometheus/blackbox.yml`: the ways in which things are looked at from outside. */
export function blackboxConfiguration(): string {
  return yaml({
    modules: {
      tcp: { prober: "tcp", timeout: "5s" },
      icmp: { prober: "icmp", timeout: "5s", icmp: { preferred_ip_protocol: "ip4" } },
    },
  });
}
