// SPDX-License-Identifier: Apache-2.0
import { rate, type Subject } from "./model";

export const database: Subject = {
  uid: "ons-database",
  title: "Database",
  about: "MariaDB behind oned: load, waits, memory, replicas.",
  rows: [
    {
      title: "Now",
      panels: [
        {
          title: "Answers",
          about: "1 while the exporter can log in.",
          unit: "none",
          kind: "number",
          queries: [{ expr: "min(mysql_up)", legend: "mariadb" }],
          runbook: "MysqlDown",
        },
        {
          title: "Uptime",
          about: "Time since its start.",
          unit: "s",
          kind: "number",
          queries: [{ expr: "min(mysql_global_status_uptime)", legend: "uptime" }],
        },
        {
          title: "Connections in use",
          about: "Part of those that are allowed.",
          unit: "percentunit",
          kind: "number",
          thresholds: { warning: 0.7, bad: 0.9 },
          queries: [
            {
              expr: "max(mysql_global_status_threads_connected / mysql_global_variables_max_connections)",
              legend: "in use",
            },
          ],
        },
        {
          title: "Slow statements",
          about: "In the last hour; `logs --unit mariadb` shows them.",
          unit: "none",
          kind: "number",
          thresholds: { warning: 10, bad: 100 },
          queries: [{ expr: "sum(increase(mysql_global_status_slow_queries[1h]))", legend: "slow" }],
        },
      ],
    },
    {
      title: "Work",
      panels: [
        {
          title: "Statements",
          about: "By kind.",
          unit: "cps",
          kind: "stack",
          min: 0,
          queries: [
            {
              expr: `sum by (command) (${rate('mysql_global_status_commands_total{command=~"select|insert|update|delete|replace|commit"}')})`,
              legend: "{{command}}",
            },
          ],
        },
        {
          title: "Connections",
          about: "Open ones, and those that do something.",
          unit: "none",
          min: 0,
          queries: [
            { expr: "max(mysql_global_status_threads_connected)", legend: "open" },
            { expr: "max(mysql_global_status_threads_running)", legend: "at work" },
          ],
        },
        {
          title: "Traffic",
          about: "To and from its clients.",
          unit: "Bps",
          min: 0,
          queries: [
            { expr: `sum(${rate("mysql_global_status_bytes_sent")})`, legend: "sent" },
            { expr: `sum(${rate("mysql_global_status_bytes_received")})`, legend: "received" },
          ],
        },
      ],
    },
    {
      title: "Waits and memory",
      panels: [
        {
          title: "Row locks",
          about: "Statements that waited for another's lock.",
          unit: "cps",
          min: 0,
          queries: [{ expr: `sum(${rate("mysql_global_status_innodb_row_lock_waits")})`, legend: "waits" }],
        },
        {
          title: "Buffer pool",
          about: "Part of the questions for a page that had to go to the disk; above 1 % it is too small.",
          unit: "percentunit",
          min: 0,
          thresholds: { warning: 0.01, bad: 0.05 },
          queries: [
            {
              expr: `sum(${rate("mysql_global_status_innodb_buffer_pool_reads")}) / (sum(${rate("mysql_global_status_innodb_buffer_pool_read_requests")}) > 0)`,
              legend: "from disk",
            },
          ],
          mayBeEmpty: "nobody asked for a page",
        },
        {
          title: "Replication lag",
          about: "How far a replica is behind.",
          unit: "s",
          min: 0,
          thresholds: { warning: 1, bad: 10 },
          queries: [{ expr: "max by (host) (mysql_slave_status_seconds_behind_master)", legend: "{{host}}" }],
          runbook: "ReplicationLag",
          mayBeEmpty: "there is no replica",
        },
      ],
    },
  ],
};
