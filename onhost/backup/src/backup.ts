// SPDX-License-Identifier: Apache-2.0
import { mkdirSync } from "node:fs";
import { stageBinlogs } from "./binlog";
import { stageConfiguration } from "./configuration";
import { stageDatabase, type Server } from "./database";
import type { Manifest } from "./manifest";
import { Repository } from "./repository";
import type { Kind, Settings } from "./settings";
import { Stage } from "./stage";
import { record, showVmAges } from "./status";
import { copyVms } from "./vms";

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
  if (kind === "vms") {
    showVmAges(settings, await copyVms(settings));
    return { bytes: 0 };
  }
  const repository = new Repository(settings);
  await repository.ensure();
  if (kind === "check") {
    await repository.check(CHECKED_PART);
    return { bytes: 0 };
  }
  const stage = new Stage(settings, kind);
  const store = async (manifest: Manifest): Promise<{ snapshot: string; bytes: number }> => {
    stage.seal(manifest);
    const { binlog } = manifest;
    const marks = binlog && { origin: binlog.origin, first: binlog.files[0]!, last: binlog.files.at(-1)! };
    const snapshot = await repository.store(stage.folder, kind, marks);
    return { snapshot, bytes: manifest.artefacts.reduce((sum, { bytes }) => sum + bytes, 0) };
  };
  try {
    if (kind === "configuration") return await store(await stageConfiguration(settings, stage));
    if (kind === "database") return await store(await stageDatabase(settings, stage, server));
    const binlogs = await stageBinlogs(settings, stage, server);
    if (binlogs === undefined) return { bytes: 0 };
    const stored = await store(binlogs.manifest);
    binlogs.shipped();
    return stored;
  } finally {
    stage.clear();
  }
}
