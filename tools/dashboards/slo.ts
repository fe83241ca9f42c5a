// SPDX-License-Identifier: Apache-2.0
import type { Subject } from "./model";

/** Part of all questions to oned that must be answered: the seed's goal. */
const GOAL = 0.999;
const BUDGET = 1 - GOAL;
const unanswered = (range: string): string => `1 - avg_over_time(probe_success{job="oned"}[${range}])`;

export const slo: Subject = {
  uid: "ons-slo",
  title: "Service level",
  about: "The goal of 99.9 % for oned: how much of it was kept, and how fast the rest is being spent.",
  rows: [
    {
      title: "30 days",
      panels: [
        {
          title: "Availability",
          about: "Part of the looks at oned that it answered.",
          unit: "percentunit",
          kind: "number",
          width: 8,
          queries: [{ expr: 'min(avg_over_time(probe_success{job="oned"}[30d]))', legend: "answered" }],
          runbook: "OnedDown",
        },
        {
          title: "Error budget left",
          about: "Of what the goal allows in 30 days; below 0 the goal is missed.",
          unit: "percentunit",
          kind: "number",
          width: 8,
          queries: [{ expr: `1 - max(${unanswered("30d")}) / ${BUDGET.toFixed(4)}`, legend: "left" }],
          runbook: "ErrorBudgetBurns",
        },
        {
          title: "Minutes without answer",
          about: "In 30 days; the goal allows 43.",
          unit: "m",
          kind: "number",
          width: 8,
          thresholds: { warning: 22, bad: 43 },
          queries: [{ expr: `43200 * max(${unanswered("30d")})`, legend: "down" }],
        },
      ],
    },
    {
      title: "How fast",
      panels: [
        {
          title: "Burn rate",
          about: "1 spends the budget in 30 days; 14.4 for an hour wakes somebody up.",
          unit: "none",
          min: 0,
          width: 12,
          thresholds: { warning: 1, bad: 14.4 },
          queries: ["5m", "1h", "6h"].map((range) => ({
            expr: `max(${unanswered(range)}) / ${BUDGET.toFixed(4)}`,
            legend: range,
          })),
          runbook: "ErrorBudgetBurns",
        },
        {
          title: "Time until oned answers",
          about: "A connection from the front-end itself.",
          unit: "s",
          min: 0,
          width: 12,
          queries: [{ expr: 'max(probe_duration_seconds{job="oned"})', legend: "connection" }],
        },
      ],
    },
    {
      title: "What it stands on",
      panels: [
        {
          title: "Days until certificates end",
          about: "By certificate.",
          unit: "d",
          min: 0,
          queries: [
            {
              expr: "min by (name) (opennebula_scaleway_certificate_expiry_timestamp_seconds - time()) / 86400",
              legend: "{{name}}",
            },
          ],
          runbook: "CertificateExpiresSoon",
          mayBeEmpty: "there is no TLS proxy",
        },
        {
          title: "Age of backups",
          about: "Since the last good one, by kind.",
          unit: "s",
          min: 0,
          queries: [
            {
              expr: "min by (kind) (time() - opennebula_scaleway_backup_last_success_timestamp_seconds)",
              legend: "{{kind}}",
            },
          ],
          runbook: "BackupTooOld",
          mayBeEmpty: "there are no backups",
        },
        {
          title: "Proof of restores",
          about: "Time since a backup was last restored and looked at.",
          unit: "s",
          min: 0,
          queries: [
            {
              expr: "min by (kind) (time() - opennebula_scaleway_backup_verified_timestamp_seconds)",
              legend: "{{kind}}",
            },
          ],
          runbook: "RestoreUnproven",
          mayBeEmpty: "no restore was tried",
        },
      ],
    },
  ],
};
