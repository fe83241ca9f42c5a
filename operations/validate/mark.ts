// SPDX-License-Identifier: Apache-2.0
import { randomBytes } from "node:crypto";

/** How everything begins that `validate` makes, in oned and on hosts: by this it is found again. */
export const MARK = "opennebula-scaleway-validate";

/** The mark also as an attribute of objects, so that nothing of other people's is taken for ours by its name alone. */
export const MARK_ATTRIBUTE = "OPENNEBULA_SCALEWAY_VALIDATE";

/** Directory on hosts for files that `validate` needs, beside what it measures. */
export const scratchDirectory = (parent: string): string => `${parent}/.${MARK}`;

/** The file systems that are measured: VMs' disks, and the database's. */
export const MEASURED = ["/var/lib/one/datastores", "/var/lib/mysql"] as const;

/** Names one run. */
export function runName(): string {
  return `${MARK}-${randomBytes(4).toString("hex")}`;
}
