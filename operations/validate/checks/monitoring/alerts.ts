// SPDX-License-Identifier: Apache-2.0
import { judge, notApplicable, type Check } from "../../check";
import { queryPrometheus } from "../../prometheus";

export const firing: Check = {
  id: "monitoring/alerts",
  title: "alerts are evaluated, and none fires",
  area: "monitoring",
  severity: "warning",
  seconds: 30,
  cure: "docs/operations/alerts.md says of each what it means and what to do",
  async run(context) {
    if (!context.cloud.config.monitoring) return notApplicable("monitoring is off in the stack file");
    const all = await queryPrometheus(context, 'ALERTS{alertstate="firing"}');
    const isWatchdog = (labels: Record<string, string>): boolean => labels.alertname === "Watchdog";
    const problems = [
      // It fires for ever by design: its absence is the alarm.
      ...(all.some(({ labels }) => isWatchdog(labels)) ? [] : ["Watchdog does not fire: rules are not evaluated"]),
      ...all
        .filter(({ labels }) => !isWatchdog(labels))
        .map(({ labels }) => `${labels.alertname} ${labels.host ?? ""} (${labels.severity ?? "no severity"})`),
    ];
    return judge(problems, ["rules are evaluated"], { threshold: "the dead-man's switch alone" });
  },
};
