// SPDX-License-Identifier: Apache-2.0
import type { Stack } from "../stack";

/** What opens a stack's backups; the program's output `backups`. */
export interface BackupAccess {
  bucket: string;
  region: string;
  endpoint: string;
  repository: string;
  accessKey: string;
  secretKey: string;
  password: string;
  identity: string;
}

/** @throws Error when the stack has no backups. */
export async function backupAccess(stack: Stack): Promise<BackupAccess> {
  const { backups } = (await stack.outputs()) as { backups?: BackupAccess };
  if (backups?.identity === undefined)
    throw new Error(`stack ${stack.name} has no backups: set \`backups\` in its stack file and deploy it`);
  return backups;
}
