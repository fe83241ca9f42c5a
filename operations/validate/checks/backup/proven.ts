// SPDX-License-Identifier: Apache-2.0
import { judge, notApplicable, type Check } from "../../check";
import { layerMetric, now } from "../../metrics";
import { figure } from "../../text";

const MAX_DAYS = 8;
/** What `backup verify --restore` restores on hosts; the logs are proven with the database. */
const RESTORED = ["database", "configuration", "vms"];

export const backupProven: Check = {
  id: "backup/proven",
  title: "a restore of each kind was proven lately",
  area: "backup",
  severity: "warning",
  seconds: 30,
  cure: "`backup verify --restore`",
  async run(context) {
    const [made, proven] = await Promise.all([
      layerMetric(context, "backup_last_success_timestamp_seconds"),
      layerMetric(context, "backup_verified_timestamp_seconds"),
    ]);
    if (made.length === 0) return notApplicable("no host makes backups");
    const when = new Map(proven.map(({ labels, value }) => [labels.kind, value]));
    const ages = made
      .filter(({ labels }) => RESTORED.includes(labels.kind ?? ""))
      .map(({ labels }) => ({
        kind: labels.kind ?? "backup",
        days: (now() - (when.get(labels.kind) ?? 0)) / 86_400,
      }));
    const never = (kind: string): boolean => (when.get(kind) ?? 0) === 0;
    const problems = ages
      .filter(({ days }) => days > MAX_DAYS)
      .map(({ kind, days }) =>
        never(kind) ? `${kind}: never restored for proof` : `${kind}: last proof ${figure(days)} days ago`,
      );
    return judge(problems, [`${ages.length} kinds of backup`], { threshold: `within ${MAX_DAYS} days` });
  },
};
