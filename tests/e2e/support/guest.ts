// SPDX-License-Identifier: Apache-2.0
import type { CloudUnderTest } from "../../helpers/e2e";
import { eventually } from "../../helpers/eventually";

/** How a guest is logged in to. */
export interface GuestLogin {
  address: string;
  /** Private key of root there. */
  keyFile: string;
  /** File that takes the guest's key at the first login; it must be the same at each later one. `/dev/null`: any key will do. */
  knownHosts: string;
}

/**
 * Runs a command in a guest, by SSH from a machine that has nothing to do with the cloud: hosts' firewalls let nobody out to guests.
 *
 * @param seconds - until the guest must have answered; sshd there needs a moment after the VM counts as running.
 */
export async function inGuest(
  { lab }: CloudUnderTest,
  { address, keyFile, knownHosts }: GuestLogin,
  command: string,
  seconds = 40,
): Promise<string> {
  const options = [
    ...["BatchMode=yes", "StrictHostKeyChecking=accept-new", "ConnectTimeout=3"],
    `UserKnownHostsFile=${knownHosts}`,
  ];
  const flags = options.flatMap((option) => ["-o", option]);
  const argv = ["ssh", "-F", "none", "-i", keyFile, ...flags, `root@${address}`, command];
  let said = "";
  const answer = async (): Promise<string | undefined> => {
    const { code, stdout, stderr } = await lab.inPublicZone(argv, { timeoutSeconds: 30 });
    said = stderr;
    return code === 0 ? stdout : undefined;
  };
  return eventually(answer, { what: () => `the guest answers (${said.trim()})`, seconds });
}
