// SPDX-License-Identifier: Apache-2.0
import { commandLine } from "../quote";

const PROGRAM = "/usr/local/lib/opennebula-backup/backup.cjs";
const SETTINGS = "/etc/opennebula-backup/settings.json";

/** The unit that takes backups of a kind on a host. */
export const backupUnit = (kind: string): string => `opennebula-backup@${kind}.service`;

/** The command line of a host's backup program. */
export function hostProgram(...words: string[]): string {
  return commandLine(["sudo", "-n", "/usr/bin/node", PROGRAM, ...words, "--settings", SETTINGS]);
}
