// SPDX-License-Identifier: Apache-2.0
import { onHosts, rate, type Subject } from "./model";

export const infrastructure: Subject = {
  uid: "ons-infrastructure",
  title: "Infrastructure overview",
  about: "The machines: whether they are there, how busy they are, and what is wrong with them.",
  rows: [
    {
      title: "Now",
      panels: [
        {
          title: "Hosts that answer",
          about: "Hosts whose exporter answers.",
          unit: "none",
          kind: "number",
          queries: [{ expr: 'sum(up{job="node"})', legend: "answer" }],
          runbook: "HostDown",
        },
        {
          title: "Silent targets",
          about: "Exporters and services that do not answer Prometheus.",
          unit: "none",
          kind: "number",
          thresholds: { warning: 1, bad: 2 },
          queries: [{ expr: "count(up == 0) or vector(0)", legend: "silent" }],
          runbook: "ExporterDown",
        },
        {
          title: "Alerts that fire",
          about: "Without the one that always fires to prove that alerts arrive.",
          unit: "none",
          kind: "number",
          thresholds: { warning: 1, bad: 5 },
          queries: [
            { expr: 'count(ALERTS{alertstate="firing",alertname!="Watchdog"}) or vector(0)', legend: "firing" },
          ],
        },
        {
          title: "Failed units",
          about: "systemd units that ended badly and stay so.",
          unit: "none",
          kind: "number",
          thresholds: { warning: 1, bad: 3 },
          queries: [
            {
              expr: `sum(node_systemd_unit_state{state="failed",${onHosts}}) or vector(0)`,
              legend: "failed",
            },
          ],
          runbook: "HostUnitFailed",
        },
        {
          title: "Shortest uptime",
          about: "Time since the host that started last did so.",
          unit: "s",
          kind: "number",
          queries: [{ expr: `min(time() - node_boot_time_seconds{${onHosts}})`, legend: "uptime" }],
        },
        {
          title: "Refused logins",
          about: "SSH, sudo and oned, in the last hour.",
          unit: "none",
          kind: "number",
          thresholds: { warning: 20, bad: 200 },
          queries: [
            { expr: `sum(increase(opennebula_scaleway_auth_failures_total{${onHosts}}[1h]))`, legend: "refused" },
          ],
        },
      ],
    },
    {
      title: "Load",
      panels: [
        {
          title: "CPU",
          about: "Part of the CPU time that is not idle.",
          unit: "percent",
          min: 0,
          max: 100,
          thresholds: { warning: 75, bad: 90 },
          queries: [
            {
              expr: `100 * (1 - avg by (host) (${rate(`node_cpu_seconds_total{mode="idle",${onHosts}}`)}))`,
              legend: "{{host}}",
            },
          ],
          runbook: "HostCpuHigh",
        },
        {
          title: "Memory",
          about: "Part of the memory that is not available to programs.",
          unit: "percent",
          min: 0,
          max: 100,
          thresholds: { warning: 75, bad: 85 },
          queries: [
            {
              expr: `100 * (1 - node_memory_MemAvailable_bytes{${onHosts}} / node_memory_MemTotal_bytes{${onHosts}})`,
              legend: "{{host}}",
            },
          ],
          runbook: "HostMemoryHigh",
        },
        {
          title: "Load per CPU",
          about: "Processes that run or wait, for each CPU; above 1 something waits.",
          unit: "none",
          min: 0,
          queries: [
            {
              expr: `node_load5{${onHosts}} / on (host) count by (host) (node_cpu_seconds_total{mode="idle",${onHosts}})`,
              legend: "{{host}}",
            },
          ],
        },
      ],
    },
    {
      title: "Machine and logs",
      panels: [
        {
          title: "Clock error",
          about: "Largest error of the clock that the kernel admits.",
          unit: "s",
          min: 0,
          queries: [{ expr: `node_timex_maxerror_seconds{${onHosts}}`, legend: "{{host}}" }],
          runbook: "HostClockUnsynchronised",
          mayBeEmpty: "the hosts have no clock of their own",
        },
        {
          title: "Errors in the logs",
          about: "Records of priority error and worse.",
          unit: "cps",
          min: 0,
          queries: [
            { expr: `sum by (host) (${rate(`opennebula_scaleway_log_errors_total{${onHosts}}`)})`, legend: "{{host}}" },
          ],
        },
        {
          title: "Logs not yet collected",
          about: "How far the collector is behind the host.",
          unit: "s",
          min: 0,
          thresholds: { warning: 60, bad: 600 },
          queries: [{ expr: `opennebula_scaleway_logs_upload_lag_seconds{${onHosts}}`, legend: "{{host}}" }],
        },
      ],
    },
  ],
};
