// SPDX-License-Identifier: Apache-2.0
import { OPERATOR } from "../../components/backup/seal";
import { ARCHIVE } from "../../onhost/backup/src/configuration";
import { CREDENTIALS, DUMP } from "../../onhost/backup/src/database";
import type { Manifest } from "../../onhost/backup/src/manifest";
import { COPIES } from "../../onhost/backup/src/vms";
import type { RestoreKind, RestorePlan, RestoreStep } from "../../onhost/backup/src/plan";
import { inOrder, type AuthenticBackup, type Backup } from "./authentic";

/** What the operator's machine stores: each is one file, named as its kind. */
export const DOCUMENTS = ["state", "secrets"] as const;
export type DocumentKind = (typeof DOCUMENTS)[number];

export const isDocument = (kind: string): kind is DocumentKind => (DOCUMENTS as readonly string[]).includes(kind);

/**
 * Chooses the backup and what continues it: the newest authentic one unless an id is named.
 *
 * @throws Error when there is none, or the one named is not authentic.
 */
export function planRestore(
  backups: readonly Backup[],
  kind: RestoreKind,
  host: string,
  snapshotId?: string,
): RestorePlan {
  const chosen = choose(backups, kind, host, snapshotId);
  const { manifest } = chosen;
  const all = inOrder(backups);
  const step = (name: string, role: RestoreStep["role"]): RestoreStep[] => stepsOf(all, chosen, name, role);
  const base = { kind, host, snapshot: chosen.id, manifest };
  if (kind !== "database") {
    return { ...base, steps: step(kind === "vms" ? COPIES : ARCHIVE, "archive"), until: manifest.takenAt };
  }
  const logs = manifest.database?.position ? continuation(all, manifest) : { steps: [], until: manifest.takenAt };
  return { ...base, ...logs, steps: [...step(DUMP, "dump"), ...logs.steps, ...step(CREDENTIALS, "credentials")] };
}

/** What the operator's machine has stored of a kind. @throws Error as {@link planRestore} */
export function planDocument(
  backups: readonly Backup[],
  kind: DocumentKind,
  snapshotId?: string,
): Pick<RestorePlan, "snapshot" | "steps"> {
  // A host that is named as the operator seals with another key, and makes none of these.
  const isOfOperator = ({ manifest }: Backup): boolean =>
    manifest === undefined || manifest.generation === OPERATOR.generation;
  const chosen = choose(backups.filter(isOfOperator), kind, OPERATOR.host, snapshotId);
  return { snapshot: chosen.id, steps: stepsOf(inOrder(backups), chosen, kind, "archive") };
}

/** The backup of a kind and host that a restore takes. @throws Error as {@link planRestore} */
function choose(backups: readonly Backup[], kind: string, host: string, snapshotId?: string): AuthenticBackup {
  const all = backups.filter((backup) => backup.kind === kind && backup.host === host);
  const authentic = inOrder(all);
  const chosen = snapshotId === undefined ? authentic.at(-1) : authentic.find(({ id }) => id === snapshotId);
  if (chosen !== undefined) return chosen;
  const named = all.find(({ id }) => id === snapshotId);
  if (named?.refused !== undefined) throw new Error(`backup ${named.id} is refused: ${named.refused}`);
  const what = snapshotId === undefined ? `no backup of kind ${kind}` : `no backup ${snapshotId} of kind ${kind}`;
  const others = authentic.map(({ id, time }) => `${id} (${time})`).join(", ");
  const refused = all.length - authentic.length;
  const more = refused === 0 ? "" : `, and ${refused} that are not authentic: \`backup list\` says why`;
  throw new Error(`host ${host} has ${what}; there are ${others === "" ? "none" : others}${more}`);
}

/** The same file of the same manifest, wherever it was stored. */
function stepsOf(
  all: readonly AuthenticBackup[],
  { manifest }: AuthenticBackup,
  name: string,
  role: RestoreStep["role"],
): RestoreStep[] {
  const artefact = manifest.artefacts.find((one) => one.name === name);
  if (artefact === undefined) return [];
  const { host, kind, generation, sequence } = manifest;
  const isSame = ({ manifest: other }: AuthenticBackup): boolean =>
    other.host === host && other.kind === kind && other.generation === generation && other.sequence === sequence;
  const places = all.filter(isSame).map(({ id, folder }) => ({ snapshot: id, folder }));
  return [{ places, name, role, sha256: artefact.sha256, bytes: artefact.bytes }];
}

/** The binary logs from the dump's place on, as far as none is missing; of the machine that made the dump alone. */
function continuation(
  all: readonly AuthenticBackup[],
  { host, generation, takenAt, database }: Manifest,
): Pick<RestorePlan, "steps" | "until" | "gap"> {
  const { file, offset } = database!.position!;
  const found = new Map<number, { backup: AuthenticBackup; name: string }>();
  for (const backup of all) {
    const { manifest } = backup;
    const isOfIt = manifest.kind === "binlog" && manifest.host === host && manifest.generation === generation;
    if (!isOfIt || manifest.binlog?.origin !== database!.origin) continue;
    for (const { name } of manifest.artefacts) found.set(numberOf(name), { backup, name });
  }
  const steps: RestoreStep[] = [];
  let until = takenAt;
  let number = numberOf(file);
  for (let log = found.get(number); log !== undefined; log = found.get(++number)) {
    const [step] = stepsOf(all, log.backup, log.name, "binlog");
    steps.push({ ...step!, ...(steps.length === 0 && { startPosition: offset }) });
    until = log.backup.manifest.takenAt;
  }
  const later = [...found.keys()].filter((other) => other > number);
  const gap =
    later.length === 0 ? undefined : `binary log ${number} is missing; ${later.length} later ones cannot be used`;
  return { steps, until, gap };
}

/** Of `<name>.<number>`, with or without what stands behind it. */
function numberOf(name: string): number {
  return Number(/\.(\d+)(?:\.zst)?$/.exec(name)?.[1] ?? "0");
}
