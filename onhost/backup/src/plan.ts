// SPDX-License-Identifier: Apache-2.0
import { ARCHIVE } from "./configuration";
import { CREDENTIALS, DUMP } from "./database";
import type { Manifest } from "./manifest";
import type { Repository, Snapshot } from "./repository";

/** What a restore puts back. */
export type RestoreKind = "database" | "configuration";

/** One encrypted file, in the order in which a restore takes them. */
export interface RestoreStep {
  snapshot: string;
  folder: string;
  name: string;
  role: "dump" | "credentials" | "binlog" | "archive";
  /** Where a manifest says it. */
  sha256?: string;
  /** Of the first binary log: where the dump ends in it. */
  startPosition?: number;
}

/** A restore before it begins. */
export interface RestorePlan {
  kind: RestoreKind;
  /** Of the host that was backed up. */
  host: string;
  snapshot: string;
  manifest: Manifest;
  steps: RestoreStep[];
  /** Seconds since 1970: what was written later is lost. */
  until: number;
  /** Why it ends there, when there are later logs that cannot be used. */
  gap?: string;
}

/**
 * Chooses the backup and what continues it.
 *
 * @throws Error when there is none.
 */
export async function planRestore(
  repository: Repository,
  kind: RestoreKind,
  host: string,
  snapshotId?: string,
): Promise<RestorePlan> {
  const all = await repository.snapshots({ host, kind });
  const chosen = snapshotId === undefined ? all.at(-1) : all.find(({ id }) => id === snapshotId);
  if (chosen === undefined) {
    const what = snapshotId === undefined ? `no backup of kind ${kind}` : `no backup ${snapshotId} of kind ${kind}`;
    const others = all.map(({ id, time }) => `${id} (${time})`).join(", ");
    throw new Error(`host ${host} has ${what}; there are ${others === "" ? "none" : others}`);
  }
  const manifest = await repository.manifest(chosen);
  const place = { snapshot: chosen.id, folder: chosen.folder };
  const sha256Of = (name: string): string | undefined =>
    manifest.artefacts.find((artefact) => artefact.name === name)?.sha256;
  const step = (name: string, role: RestoreStep["role"]): RestoreStep[] =>
    sha256Of(name) === undefined ? [] : [{ ...place, name, role, sha256: sha256Of(name) }];
  const base = { kind, host, snapshot: chosen.id, manifest };
  if (kind === "configuration") return { ...base, steps: step(ARCHIVE, "archive"), until: manifest.takenAt };
  const logs = manifest.database?.position
    ? continuation(await repository.snapshots({ host, kind: "binlog" }), manifest)
    : { steps: [], until: manifest.takenAt };
  return { ...base, ...logs, steps: [...step(DUMP, "dump"), ...logs.steps, ...step(CREDENTIALS, "credentials")] };
}

/** The binary logs from the dump's place on, as far as none is missing. */
export function continuation(
  snapshots: Snapshot[],
  { takenAt, database }: Manifest,
): { steps: RestoreStep[]; until: number; gap?: string } {
  const { file, offset } = database!.position!;
  const found = new Map<number, { snapshot: Snapshot; name: string }>();
  for (const snapshot of snapshots) {
    const { origin, first, last } = snapshot.marks;
    if (origin !== database!.origin || first === undefined || last === undefined) continue;
    const [base = ""] = first.split(/\d+$/);
    for (let number = numberOf(first); number <= numberOf(last); number++) {
      const name = `${base}${String(number).padStart(first.length - base.length, "0")}`;
      found.set(number, { snapshot, name });
    }
  }
  const steps: RestoreStep[] = [];
  let until = takenAt;
  let number = numberOf(file);
  for (let log = found.get(number); log !== undefined; log = found.get(++number)) {
    const startPosition = steps.length === 0 ? offset : undefined;
    const { id, folder, time } = log.snapshot;
    steps.push({ snapshot: id, folder, name: `${log.name}.zst`, role: "binlog", startPosition });
    until = Date.parse(time) / 1000;
  }
  const later = [...found.keys()].filter((other) => other > number);
  const gap =
    later.length === 0 ? undefined : `binary log ${number} is missing; ${later.length} later ones cannot be used`;
  return { steps, until, gap };
}

function numberOf(name: string): number {
  return Number(/\d+$/.exec(name)?.[0] ?? "0");
}
