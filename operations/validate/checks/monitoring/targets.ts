// SPDX-License-Identifier: Apache-2.0
import { judge, notApplicable, type Check } from "../../check";
import { queryPrometheus } from "../../prometheus";

export const targets: Check = {
  id: "monitoring/targets",
  title: "Prometheus sees every host, and all that it looks at answers",
  area: "monitoring",
  severity: "critical",
  seconds: 30,
  cure: "see the exporter's unit on that host; docs/operations/alerts.md#exporterdown",
  async run(context) {
    if (!context.cloud.config.monitoring) return notApplicable("monitoring is off in the stack file");
    const seen = await queryPrometheus(context, "up");
    const where = (labels: Record<string, string>): string => `${labels.host ?? labels.instance ?? "?"}: ${labels.job}`;
    const hosts = new Set(seen.map(({ labels }) => labels.host));
    const problems = [
      ...context.cloud.hosts.filter(({ name }) => !hosts.has(name)).map(({ name }) => `${name}: nothing looks at it`),
      ...seen.filter(({ value }) => value !== 1).map(({ labels }) => `${where(labels)} does not answer`),
    ];
    return judge(problems, [`${seen.length} targets on ${hosts.size} hosts`], { threshold: "all answer" });
  },
};
