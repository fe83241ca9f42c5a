// SPDX-License-Identifier: Apache-2.0
import { existsSync, mkdirSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { run, type Program } from "./processes";
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
  const cache = `${settings.cacheDirectory}-vms`;
  mkdirSync(cache, { recursive: true, mode: 0o700 });
  await run({ words: ["chown", `${vms.user}:`, cache] });
  const failures: Error[] = [];
  for (const repository of repositoriesOf(vms)) {
    // As the owner of the files: a lock that root makes there nobody else could read.
    const { words, env } = target.program("copy", "--from-repo", repository);
    const own = words.map((word) => (word === settings.cacheDirectory ? cache : word));
    const program: Program = {
      words: ["runuser", "-u", vms.user, "--", ...own],
      env: { ...env, RESTIC_FROM_PASSWORD: vms.password },
    };
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

/** OpenNebula's driver tags a snapshot with `one-<VM>`. */
export function vmAges(snapshots: readonly Pick<ResticSnapshot, "tags" | "time">[]): VmAges {
  const ages: VmAges = {};
  for (const { tags = [], time } of snapshots) {
    const vm = tags.map((tag) => /^one-(\d+)$/.exec(tag)?.[1]).find((id) => id !== undefined);
    if (vm !== undefined) ages[vm] = Math.max(ages[vm] ?? 0, Math.floor(Date.parse(time) / 1000));
  }
  return ages;
}
