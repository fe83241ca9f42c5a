// SPDX-License-Identifier: Apache-2.0
import { judge, notApplicable, type Check, type Measurement } from "../../check";
import { layerMetric, now, type Sample } from "../../metrics";
import { figure } from "../../text";

export const backupObjectives: Check = {
  id: "backup/objectives",
  title: "recovery point and recovery time are what the stack file promises",
  area: "backup",
  severity: "critical",
  seconds: 30,
  cure: "`backup run binlog` where the logs are old; else see `backups.objectives` in the stack file",
  async run(context) {
    const [objectives, made, restored] = await Promise.all([
      layerMetric(context, "backup_objective_seconds"),
      layerMetric(context, "backup_last_success_timestamp_seconds"),
      layerMetric(context, "backup_restore_duration_seconds"),
    ]);
    const promised = (objective: string, { host, labels }: Sample): number | undefined =>
      objectives.find(
        (one) => one.host === host && one.labels.kind === labels.kind && one.labels.objective === objective,
      )?.value;
    const reached = [
      ...made.map((sample) => ({ sample, what: "recovery point", seconds: now() - sample.value })),
      ...restored.map((sample) => ({ sample, what: "recovery time", seconds: sample.value })),
    ].flatMap(({ sample, what, seconds }) => {
      const most = promised(what.replace(" ", "_"), sample);
      const { host, labels } = sample;
      return most === undefined ? [] : [{ host, what, seconds, most, kind: labels.kind ?? "backup" }];
    });
    if (reached.length === 0) return notApplicable("no host has made or restored a backup that an objective is for");
    const said = reached.map(
      ({ host, kind, what, seconds, most }) =>
        `${host}: ${what} of ${kind} is ${figure(seconds / 60)} minutes of ${figure(most / 60)}`,
    );
    const measurements = reached.map(({ host, kind, what, seconds }): Measurement => ({
      name: `${what} of ${kind}`,
      from: host,
      value: seconds,
      unit: "s",
    }));
    const problems = said.filter((_, index) => reached[index]!.seconds > reached[index]!.most);
    return judge(problems, said, { threshold: "`backups.objectives` of the stack file", measurements });
  },
};
