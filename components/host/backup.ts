// SPDX-License-Identifier: Apache-2.0

/** Where a host's backup program and its settings are: what units run, and what day-two commands call. */
export const backupHost = {
  program: "/usr/local/lib/opennebula-backup/backup.cjs",
  settings: "/etc/opennebula-backup/settings.json",
  recipients: "/etc/opennebula-backup/recipients",
  /** Template: the instance is the kind. */
  unit: "opennebula-backup@",
} as const;
