// SPDX-License-Identifier: Apache-2.0
import { judge, notApplicable, type Check, type Measurement } from "../../check";
import { layerMetric, now } from "../../metrics";
import { figure } from "../../text";

const MAX_DAYS = 1.5;

export const backupAge: Check = {
  id: "backup/age",
  title: "the last backup of each kind is young",
  area: "backup",
  severity: "critical",
  seconds: 30,
  cure: "see the log of the backup's unit on the front-end, then `backup run`",
  async run(context) {
    const samples = await layerMetric(context, "backup_last_success_timestamp_seconds");
    if (samples.length === 0) return notApplicable("no host makes backups");
    const ages = samples.map(({ labels, value }) => ({
      kind: labels.kind ?? "backup",
      days: (now() - value) / 86_400,
      value,
    }));
    const problems = ages
      .filter(({ days }) => days > MAX_DAYS)
      .map(({ kind, days, value }) => (value === 0 ? `${kind}: never succeeded` : `${kind}: ${figure(days)} days old`));
    const measurements = ages
      .filter(({ value }) => value > 0)
      .map(({ kind, days }): Measurement => ({ name: "age of backups", from: kind, value: days, unit: "days" }));
    return judge(
      problems,
      ages.map(({ kind, days }) => `${kind}: ${figure(days * 24)} hours old`),
      { threshold: `at most ${MAX_DAYS * 24} hours`, measurements },
    );
  },
};
