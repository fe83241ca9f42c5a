// SPDX-License-Identifier: Apache-2.0
import { createHash } from "node:crypto";
import { OPERATOR_HOST } from "../../catalogue";
import { derivedSecret } from "../host/derived-keys";

/** Who has made a backup: a host and which machine of that name. */
export interface Sealer {
  host: string;
  generation: string;
}

/** The operator's machine, for what it stores itself. No host's generation is a word. */
export const OPERATOR: Sealer = { host: OPERATOR_HOST, generation: "operator" };

/**
 * Which machine of a name it is: every installation of a host makes an SSH host key of its own. So the key that an earlier machine
 * sealed with says nothing of the next one's, and what it has sealed can still be told from what others have.
 *
 * @param hostKey - as known_hosts has it, comment or not.
 */
export function generationOf(hostKey: string): string {
  const key = hostKey.trim().split(/\s+/).slice(0, 2).join(" ");
  return createHash("sha256").update(key).digest("hex").slice(0, 16);
}

/**
 * What a host seals its backups with. Nothing but the stack's private backup key decides it, so that who can open backups can tell
 * whose they are, also of hosts that are long gone.
 *
 * @param identity - private key of the stack's backups, in OpenSSH's form.
 * @returns 32 bytes in hexadecimal.
 */
export function sealKey(identity: string, { host, generation }: Sealer): string {
  return derivedSecret(identity, `seal of backups: ${generation} of ${host}`);
}
