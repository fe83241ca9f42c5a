// SPDX-License-Identifier: Apache-2.0
export { Backup, type BackupComponentArgs } from "./backup";
export type { BackupAccess } from "./outputs";
export type { BackupArgs } from "./plan";
