// SPDX-License-Identifier: Apache-2.0
import { mkdirSync } from "node:fs";
import { markShipped, stageBinlogs, unshipped } from "./binlog";
import { stageConfiguration } from "./configuration";
import { stageDatabase, type Server } from "./database";
import type { Content } from "./manifest";
import { Repository } from "./repository";
import { ownManifest, sealed } from "./seal";
import type { Kind, Settings } from "./settings";
import { Stage } from "./stage";
import { record, showVmAges } from "./status";
import { copyVms, stageCopies, vmAges } from "./vms";

/** What a run came to. */
export interface BackupReport {
  kind: Kind;
  host: string;
  /** Undefined where there was nothing new to store. */
  snapshot?: string;
  bytes: number;
  seconds: number;
}

/** A part of the repository that a `check` reads besides its structure. */
const CHECKED_PART = "5%";

/**
 * Takes one backup, or looks after the repository.
 *
 * @throws Error when it could not be taken; the status says so then.
 */
export async function backUp(settings: Settings, kind: Kind, server: Server = {}): Promise<BackupReport> {
  const started = Date.now() / 1000;
  mkdirSync(settings.stateDirectory, { recursive: true, mode: 0o700 });
  mkdirSync(settings.cacheDirectory, { recursive: true, mode: 0o700 });
  try {
    const { snapshot, bytes } = await work(settings, kind, server);
    const seconds = Date.now() / 1000 - started;
    record(settings, kind, {
      lastSuccess: Math.floor(started),
      lastDuration: Number(seconds.toFixed(3)),
      lastBytes: bytes,
      failed: false,
    });
    return { kind, host: settings.host, snapshot, bytes, seconds };
  } catch (error) {
    record(settings, kind, { failed: true });
    throw error;
  }
}

async function work(settings: Settings, kind: Kind, server: Server): Promise<{ snapshot?: string; bytes: number }> {
  const copied = kind === "vms" ? await copyVms(settings) : undefined;
  const repository = new Repository(settings);
  await repository.ensure();
  if (kind === "check") {
    await repository.check(CHECKED_PART);
    return { bytes: 0 };
  }
  const stored = async (fill: (stage: Stage) => Promise<Content>): Promise<{ snapshot: string; bytes: number }> => {
    const stage = new Stage(settings, kind);
    try {
      const manifest = ownManifest(settings, kind, await fill(stage));
      const snapshot = await repository.store(stage.folder, manifest, sealed(manifest, settings.seal.key));
      return { snapshot, bytes: manifest.artefacts.reduce((sum, { bytes }) => sum + bytes, 0) };
    } finally {
      stage.clear();
    }
  };
  if (copied !== undefined) {
    const { copies, failure } = copied;
    showVmAges(settings, vmAges(copies));
    const done = await stored((stage) => stageCopies(copies, stage));
    if (failure) throw failure;
    return done;
  }
  if (kind === "configuration") return stored((stage) => stageConfiguration(settings, stage));
  if (kind === "database") return stored((stage) => stageDatabase(settings, stage, server));
  const logs = await unshipped(settings, server);
  const done = { snapshot: undefined as string | undefined, bytes: 0 };
  for (const names of logs?.pieces ?? []) {
    const { snapshot, bytes } = await stored((stage) => stageBinlogs(stage, names, logs!));
    markShipped(settings, names, logs!);
    done.snapshot = snapshot;
    done.bytes += bytes;
  }
  return done;
}
