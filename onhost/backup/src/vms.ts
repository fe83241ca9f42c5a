// SPDX-License-Identifier: Apache-2.0
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { Repository, type ResticSnapshot } from "./repository";
import type { Settings, VmSettings } from "./settings";

/** When each VM was last backed up, as far as it is on the object storage; seconds since 1970. */
export type VmAges = Record<string, number>;

/**
 * Copies what OpenNebula has stored of VMs on this host on to the object storage; what is there already is left out.
 *
 * @throws Error of the first repository that could not be copied, after all others were.
 */
export async function copyVms(settings: Settings): Promise<VmAges> {
  const target = Repository.ofVms(settings);
  const vms = settings.vms!;
  await target.ensure();
  const failures: Error[] = [];
  for (const repository of repositoriesOf(vms)) {
    // As root: what opens the copies is in the environment, which every process of the files' owner could read. Without a lock of
    // what is read: one that root makes there its owner could neither read nor remove.
    const { words, env } = target.program("copy", "--no-lock", "--from-repo", repository);
    const program = { words, env: { ...env, RESTIC_FROM_PASSWORD: vms.password } };
    await target
      .patiently(program)
      .catch((error: Error) => failures.push(new Error(`${repository}: ${error.message}`)));
  }
  const ages = vmAges(await target.list());
  if (failures[0]) throw failures[0];
  return ages;
}

/** `<datastores>/<datastore>/<VM or job>`: every folder that restic has made. */
export function repositoriesOf({ datastores }: VmSettings): string[] {
  const folders = (folder: string): string[] =>
    existsSync(folder)
      ? readdirSync(folder, { withFileTypes: true })
          .filter((entry) => entry.isDirectory())
          .map(({ name }) => join(folder, name))
          .sort()
      : [];
  return folders(datastores)
    .flatMap(folders)
    .filter((folder) => existsSync(join(folder, "config")) && existsSync(join(folder, "keys")));
}

/**
 * OpenNebula's driver tags a snapshot with `one-<VM>`. Times are whatever somebody has stored: what is dated later than now is none.
 *
 * @param now - milliseconds since 1970.
 */
export function vmAges(snapshots: readonly Pick<ResticSnapshot, "tags" | "time">[], now = Date.now()): VmAges {
  const ages: VmAges = {};
  for (const { tags = [], time } of snapshots) {
    const vm = tags.map((tag) => /^one-(\d+)$/.exec(tag)?.[1]).find((id) => id !== undefined);
    if (vm !== undefined && Date.parse(time) <= now)
      ages[vm] = Math.max(ages[vm] ?? 0, Math.floor(Date.parse(time) / 1000));
  }
  return ages;
}
