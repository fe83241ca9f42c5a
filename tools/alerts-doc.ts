// SPDX-License-Identifier: Apache-2.0
import { alertGroups } from "../components/monitoring/alerts";
import { AlertModel, defaultThresholds } from "../components/monitoring/model";

const titles: Record<string, string> = {
  hosts: "Hosts",
  opennebula: "OpenNebula",
  platform: "Database, certificates, backups, monitoring",
  slo: "Goal for the API",
};

/** docs/operations/alerts.md: what each alert means, how its cause is found, how it is ended. */
export function renderAlertsDoc(): string {
  const model = new AlertModel(defaultThresholds, { scrapeSeconds: 15, scale: 1 });
  const groups = alertGroups(model);
  const table = groups.map(({ name, alerts }) => {
    const rows = alerts.map(
      ({ name: alert, severity, forSeconds }) =>
        `| [${alert}](#${alert.toLowerCase()}) | ${severity} | ${forSeconds === 0 ? "at once" : `${forSeconds / 60} min`} |`,
    );
    return [`| ${titles[name] ?? name} | severity | after |`, "|---|---|---|", ...rows, ""].join("\n");
  });
  const texts = groups.flatMap(({ alerts }) =>
    alerts.map(({ name, expr, runbook: { meaning, check, cure } }) =>
      [
        `## ${name}`,
        "",
        `**Meaning.** ${meaning}`,
        "",
        `**Check.** ${check}`,
        "",
        `**Cure.** ${cure}`,
        "",
        "```promql",
        expr,
        "```",
        "",
      ].join("\n"),
    ),
  );
  return [
    "<!-- Generated from components/monitoring/alerts by `npm run generate`; do not edit. -->",
    "# Alerts",
    "",
    "Critical alerts go to mail and chat, warnings to mail (to chat where there is no mail). Limits are in the stack file",
    "(`monitoring.thresholds`). To keep one quiet for a while:",
    "`npx opennebula-scaleway silence add alertname=HostCpuHigh --for 2h --comment why`. Commands here take `--stack <name>`, or",
    "`PULUMI_STACK` from the environment.",
    "",
    ...table,
    ...texts,
  ].join("\n");
}
