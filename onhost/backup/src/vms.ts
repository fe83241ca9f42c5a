// SPDX-License-Identifier: Apache-2.0
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import type { Content } from "./manifest";
import { Repository, type ResticSnapshot } from "./repository";
import type { Settings, VmSettings } from "./settings";
import type { Stage } from "./stage";
import { vmProofs, type VmProofs } from "./status";

/** The one file of a backup of this kind: which copies there are. */
export const COPIES = "copies.json.zst";

/** A copy of a VM's backup, as it is sealed. */
export interface VmCopy {
  vm: string;
  /** Hash over all of its content. */
  tree: string;
  /** Seconds since 1970. */
  takenAt: number;
}

/** The copies that there are after a run, and why one is missing. */
export interface CopiedVms {
  copies: VmCopy[];
  failure?: Error;
}

/** Copies what OpenNebula has stored of VMs on this host on to the object storage; what is there already is left out. */
export async function copyVms(settings: Settings): Promise<CopiedVms> {
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
  return { copies: copiesIn(await target.list()), failure: failures[0] };
}

/** Says under this host's seal which copies there are: whoever may write to the bucket can hide one, and then it is missed. */
export async function stageCopies(copies: readonly VmCopy[], stage: Stage): Promise<Content> {
  return { takenAt: Date.now() / 1000, artefacts: [await stage.add(COPIES, JSON.stringify(copies))] };
}

/**
 * Proves what was sealed: of each VM the newest copy is there with the content that it had, and one of them is read whole: that of the
 * VM that was never read or longest ago, because all of them may take a day.
 *
 * @returns how many are there.
 * @throws Error that names the VMs whose copy is missing, or what restic says of one that is damaged.
 */
export async function proveCopies(settings: Settings, sealed: readonly VmCopy[]): Promise<number> {
  const repository = Repository.ofVms(settings);
  const newest = [...newestOf(sealed).values()];
  const found = new Map((await repository.list()).map(({ tree, short_id: id }) => [tree, id]));
  const missing = newest.filter(({ tree }) => !found.has(tree));
  if (missing.length > 0) {
    const names = missing.map(({ vm, takenAt }) => `of VM ${vm}, taken at ${new Date(takenAt * 1000).toISOString()}`);
    throw new Error(`copies that were sealed are missing in the bucket or changed: ${names.join("; ")}`);
  }
  const proofs: VmProofs = vmProofs(settings);
  const [next] = newest.sort((a, b) => (proofs.of(a.vm) ?? 0) - (proofs.of(b.vm) ?? 0));
  if (next !== undefined) {
    await repository.read(found.get(next.tree)!);
    proofs.proven(next.vm);
  }
  return newest.length;
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
export function copiesIn(
  snapshots: readonly Pick<ResticSnapshot, "tags" | "time" | "tree">[],
  now = Date.now(),
): VmCopy[] {
  return snapshots.flatMap(({ tags = [], time, tree }) => {
    const vm = tags.map((tag) => /^one-(\d+)$/.exec(tag)?.[1]).find((id) => id !== undefined);
    const taken = Date.parse(time);
    return vm !== undefined && taken <= now ? [{ vm, tree, takenAt: Math.floor(taken / 1000) }] : [];
  });
}

/** The newest copy of each VM. */
function newestOf(copies: readonly VmCopy[]): Map<string, VmCopy> {
  const newest = new Map<string, VmCopy>();
  for (const copy of copies) {
    if (copy.takenAt >= (newest.get(copy.vm)?.takenAt ?? 0)) newest.set(copy.vm, copy);
  }
  return newest;
}

/** When each VM was last backed up, as far as it is on the object storage; seconds since 1970. */
export function vmAges(copies: readonly VmCopy[]): Record<string, number> {
  return Object.fromEntries([...newestOf(copies).values()].map(({ vm, takenAt }) => [vm, takenAt]));
}
