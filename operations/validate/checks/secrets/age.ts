// SPDX-License-Identifier: Apache-2.0
import { defaultThresholds } from "../../../../components/monitoring/model";
import { judge, notApplicable, type Check, type Measurement } from "../../check";
import { layerMetric } from "../../metrics";
import { figure } from "../../text";

export const secretAge: Check = {
  id: "secrets/age",
  title: "no secret is older than `monitoring.thresholds.secretDays`",
  area: "secrets",
  severity: "warning",
  seconds: 30,
  cure: "`rotate <name>`",
  async run(context) {
    const maxDays = context.cloud.config.monitoring?.thresholds.secretDays ?? defaultThresholds.secretDays;
    const samples = await layerMetric(context, "secret_changed_timestamp_seconds");
    if (samples.length === 0) return notApplicable("the hosts keep no ages of secrets");
    const ages = samples.map(({ host, labels, value }) => ({
      host,
      name: labels.credential ?? "secret",
      days: Math.max(0, Date.now() / 1000 - value) / 86_400,
    }));
    const problems = ages
      .filter(({ days }) => days > maxDays)
      .map(({ host, name, days }) => `${host}: ${name} is ${figure(days)} days old`);
    const measurements = ages.map(({ name, days }): Measurement => ({
      name: "age of secrets",
      from: name,
      value: days,
      unit: "days",
    }));
    return judge(problems, [`${ages.length} secrets looked at`], {
      threshold: `at most ${maxDays} days`,
      measurements,
    });
  },
};
