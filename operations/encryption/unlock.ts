// SPDX-License-Identifier: Apache-2.0
import { credentialFields, encryptedDisk, heldCredential } from "../../catalogue";
import { withCloud, type DeployedCloud } from "../cloud";
import { nameOf } from "../secrets/list";
import { secretStore, type SecretStore } from "../secrets/stores/store";
import { reveal, type Stack } from "../stack";

/** What became of one host's disk. */
export interface UnlockedHost {
  host: string;
  /** `open`: its file systems are there and what needs them was started. */
  verdict: "open" | "failed";
  /** Where the key came from. */
  keyFrom?: "store" | "state";
  reason?: string;
}

export interface UnlockOptions {
  /** Directory of the program, from which the secret store's files are meant. @default the current one */
  directory?: string;
  /** @default what the stack's configuration names */
  store?: SecretStore;
}

/** Opening and starting what waits for it. */
const SECONDS = 180;

/**
 * Opens the encrypted disks of hosts that were booted. Each key comes from the secret store, or from the stack's state where there is no
 * store or it does not answer; it goes to its host by standard input and is kept on none. A host whose disk is open already stays so.
 *
 * @param names - hosts. @default all
 * @throws Error when the cloud has no encrypted disks, or a host is not known.
 */
export function unlock(
  stack: Stack,
  names: readonly string[] = [],
  options: UnlockOptions = {},
): Promise<UnlockedHost[]> {
  return withCloud(stack, (cloud) => unlockHosts(cloud, names, options));
}

/** The same on a cloud that is open already. */
export async function unlockHosts(
  cloud: Pick<DeployedCloud, "stack" | "config" | "host" | "hosts" | "root">,
  names: readonly string[],
  { directory = process.cwd(), store }: UnlockOptions,
): Promise<UnlockedHost[]> {
  const { stack, config } = cloud;
  if (!config.encryption.disks)
    throw new Error(`stack ${stack.name}: encryption.disks is off; there is nothing to unlock`);
  const hosts = names.length > 0 ? names.map((name) => cloud.host(name).name) : cloud.hosts.map(({ name }) => name);
  const source = store ?? secretStore(config, { stack: stack.name, directory, environment: process.env });
  const { program, settings } = encryptedDisk;
  return Promise.all(
    hosts.map(async (host): Promise<UnlockedHost> => {
      try {
        const { key, keyFrom } = await keyOf(host, stack, source);
        await cloud.root(host, `/usr/bin/python3 -I -B ${program} unlock ${settings}`, key, SECONDS);
        return { host, verdict: "open", keyFrom };
      } catch (error) {
        return { host, verdict: "failed", reason: (error as Error).message };
      }
    }),
  );
}

async function keyOf(
  host: string,
  stack: Stack,
  store?: SecretStore,
): Promise<{ key: string; keyFrom: "store" | "state" }> {
  const name = `disk-key-${host}`;
  // A store that is away must not keep a cloud away whose state has the key too.
  const stored = await store?.read(name).catch(() => undefined);
  if (stored?.password) return { key: stored.password, keyFrom: "store" };
  for (const { urn, type, outputs, delete: isGoing } of await stack.export()) {
    if (isGoing || heldCredential(type, nameOf(urn))?.storedAs !== name) continue;
    const [output] = Object.keys(credentialFields[type]!);
    const key = (reveal(outputs ?? {}) as Record<string, unknown>)[output!];
    if (typeof key === "string") return { key, keyFrom: "state" };
  }
  throw new Error(`host ${host}: neither the secret store nor the stack's state has the key of its disk`);
}
