// SPDX-License-Identifier: Apache-2.0
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import * as path from "node:path";

import { inNamespace } from "./hosts/layout";
import type { Lab } from "./lab";

/** A prepared login; {@link SshSession.close} takes the key off the disk. */
export interface SshSession {
  /** Command line up to the host; a remote command may follow. */
  argv: string[];
  close(): Promise<void>;
}

interface LoginOutputs {
  hosts?: Record<string, { publicAddress?: string }>;
  login?: { ssh?: { user?: string; privateKey?: string; knownHosts?: string } };
}

/**
 * Prepares a login with what the stack's outputs say: user, deploy key, and the authority that recognises the hosts. The key lies
 * in memory-backed storage while the session lasts.
 *
 * @throws Error if the stack has no such host yet
 */
export async function openSsh(lab: Lab, host: string): Promise<SshSession> {
  const { hosts = {}, login } = (await lab.outputs({ showSecrets: true })) as LoginOutputs;
  const address = hosts[host]?.publicAddress;
  const { user, privateKey, knownHosts } = login?.ssh ?? {};
  if (address === undefined || user === undefined || privateKey === undefined || knownHosts === undefined) {
    const known = Object.keys(hosts).join(", ");
    throw new Error(
      `the stack has no login for host "${host}"; hosts: ${known === "" ? "none yet (npm run lab -- up)" : known}`,
    );
  }
  const directory = await mkdtemp("/dev/shm/opennebula-scaleway-lab-");
  const file = async (name: string, content: string): Promise<string> => {
    const target = path.join(directory, name);
    await writeFile(target, content.endsWith("\n") ? content : `${content}\n`, { mode: 0o600 });
    return target;
  };
  const settings = {
    IdentityFile: await file("key", privateKey),
    UserKnownHostsFile: await file("known_hosts", knownHosts),
    GlobalKnownHostsFile: "/dev/null",
    IdentitiesOnly: "yes",
    StrictHostKeyChecking: "yes",
    PasswordAuthentication: "no",
    ConnectTimeout: "10",
    LogLevel: "ERROR",
  };
  const options = Object.entries(settings).flatMap(([key, value]) => ["-o", `${key}=${value}`]);
  return {
    argv: inNamespace(lab.layout.namespaces.operator, ["ssh", "-F", "none", ...options, `${user}@${address}`]),
    close: () => rm(directory, { recursive: true, force: true }),
  };
}
