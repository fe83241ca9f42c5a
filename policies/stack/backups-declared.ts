// SPDX-License-Identifier: Apache-2.0
import { CLOUD, definePolicy, inProduction, PRODUCTION } from "../define";

/** Disks die, and people delete. */
export const backupsDeclared = definePolicy({
  name: "backups-declared",
  description: "Production is backed up.",
  level: "advisory",
  reason: "Other means of backup may exist that this program does not see.",
  severity: "high",
  controls: ["SOC2 A1.2", "GDPR Art. 32(1)(c)"],
  cure: "Do not switch backups off in the stack file.",
  types: [CLOUD],
  settings: PRODUCTION,
  check: (cloud) =>
    !inProduction(cloud) || (cloud.props.layers as string[] | undefined)?.includes("backup")
      ? []
      : ["nothing is backed up"],
});
