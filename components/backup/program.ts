// SPDX-License-Identifier: Apache-2.0
import { bundledProgram } from "../host/program";

/** The backup program as one file. */
export function backupProgram(): string {
  return bundledProgram("backup", "backup.cjs");
}
