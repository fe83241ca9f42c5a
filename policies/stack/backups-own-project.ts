// SPDX-License-Identifier: Apache-2.0
import { definePolicy, inProduction, PRODUCTION } from "../define";

/** IAM knows projects and no single buckets: a host's key for its backups opens every bucket beside them. */
export const backupsOwnProject = definePolicy({
  name: "backups-own-project",
  description: "Production's backups are in a Scaleway project of their own.",
  level: "advisory",
  reason: "Whoever owns the account makes projects, and one without any other bucket loses nothing.",
  severity: "medium",
  controls: ["SOC2 CC6.3", "GDPR Art. 32(1)(b)"],
  cure: "Make a project for backups alone and name it in backups.projectId, before the first deployment.",
  types: ["opennebula-scaleway:index:Backup"],
  settings: PRODUCTION,
  check: (backup) =>
    !inProduction(backup) || backup.props.ownProject === true
      ? []
      : ["the key that every host has for backups reaches every bucket of the cloud's project"],
});
