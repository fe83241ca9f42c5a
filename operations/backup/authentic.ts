// SPDX-License-Identifier: Apache-2.0
import { generationOf, OPERATOR, sealKey, type Sealer } from "../../components/backup/seal";
import type { Manifest } from "../../onhost/backup/src/manifest";
import type { Snapshot } from "../../onhost/backup/src/repository";
import { isSealedWith, saidBy } from "../../onhost/backup/src/seal";

/** A backup in the repository and what is to be thought of it. */
export interface Backup {
  id: string;
  time: string;
  host: string;
  kind: string;
  /** Folder in the snapshot that holds its files. */
  folder: string;
  /** Only of an authentic one: made by the host that it names, and nobody has changed it. */
  manifest?: Manifest;
  /** Of an authentic one: whether the machine that made it is still there. */
  isCurrent?: boolean;
  /** Of one that is not authentic: why. */
  refused?: string;
}

/** A backup that is what it says. */
export type AuthenticBackup = Backup & { manifest: Manifest };

export const isAuthentic = (backup: Backup): backup is AuthenticBackup => backup.manifest !== undefined;

/**
 * Tells backups from what else lies in the repository. Every host can write there, in any name and with any time; the code over the
 * manifest is the one thing that only its own host and this machine can make.
 *
 * @param identity - private key of the stack's backups: the hosts' keys derive from it.
 * @param hostKeys - SSH host keys of the hosts that there are.
 */
export function judged(snapshots: readonly Snapshot[], identity: string, hostKeys: readonly string[]): Backup[] {
  const generations = new Set([OPERATOR.generation, ...hostKeys.map(generationOf)]);
  const keys = new Map<string, string>();
  const keyOf = (sealer: Sealer): string => {
    const name = JSON.stringify([sealer.host, sealer.generation]);
    const known = keys.get(name) ?? sealKey(identity, sealer);
    keys.set(name, known);
    return known;
  };
  return snapshots.map(({ sealed, ...shown }): Backup => {
    if (sealed === undefined) return { ...shown, refused: "it carries no seal" };
    const said = saidBy(sealed);
    if (said === undefined) return { ...shown, refused: "its seal holds no manifest" };
    if (!isSealedWith(sealed, keyOf(said))) {
      return { ...shown, refused: `it was not sealed with the key of ${said.host}` };
    }
    if (said.host !== shown.host || said.kind !== shown.kind) {
      return { ...shown, refused: `its seal is that of a ${said.kind} of ${said.host}` };
    }
    return { ...shown, manifest: said, isCurrent: generations.has(said.generation) };
  });
}

/**
 * Oldest first, by what their manifests say: the repository's times are anybody's. What a machine sealed that has been replaced comes
 * before everything of its successor, because who has the old machine can still seal in its name.
 */
export function inOrder(backups: readonly Backup[]): AuthenticBackup[] {
  return backups
    .filter(isAuthentic)
    .sort((a, b) => Number(a.isCurrent) - Number(b.isCurrent) || a.manifest.sequence - b.manifest.sequence);
}
