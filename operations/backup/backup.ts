// SPDX-License-Identifier: Apache-2.0
import { createHash } from "node:crypto";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { OPERATOR, sealKey } from "../../components/backup/seal";
import { framed } from "../../onhost/backup/src/frames";
import type { Manifest } from "../../onhost/backup/src/manifest";
import type { RestoreKind, RestorePlan } from "../../onhost/backup/src/plan";
import type { Snapshot } from "../../onhost/backup/src/repository";
import type { RestoreReport } from "../../onhost/backup/src/restore";
import { sealed } from "../../onhost/backup/src/seal";
import type { SshHop } from "../../opennebula";
import type { DeployedCloud } from "../cloud";
import { quoteWord } from "../quote";
import { backupAccess } from "./access";
import { encrypt } from "./age";
import { judged, type Backup } from "./authentic";
import { openChannel } from "./channel";
import { withFiles, type Reader } from "./files";
import { backupUnit, hostProgram } from "./host";
import { planRestore } from "./plan";
import { superfluous } from "./retention";

/** One kind on one host. */
export interface BackupOutcome {
  host: string;
  kind: string;
  ok: boolean;
  seconds: number;
  /** Why it failed. */
  reason?: string;
}

/** What a restore is to do. */
export interface RestoreRequest {
  kind: RestoreKind;
  /** Host whose backup it is. @default the front-end */
  from?: string;
  /** Host that gets it. @default `from` */
  to?: string;
  /** @default the newest */
  snapshot?: string;
  /** Into a place of its own, which is compared and removed. */
  isolated?: boolean;
  /** Of the configuration: what is put in place; the rest is laid aside. */
  paths?: string[];
}

const RUN_SECONDS = 6 * 3600;
const ASK_SECONDS = 300;
/** A prune waits for backups that run, and rewrites packs. */
const PRUNE_SECONDS = 3600;

/** The kinds that a host backs up. */
export function kindsOf(cloud: DeployedCloud, host: string): string[] {
  return host === cloud.frontend.name ? ["database", "binlog", "configuration"] : ["configuration"];
}

/**
 * Takes backups now, first on the front-end, then on the other hosts side by side; through the hosts' own units, so that two never run at once.
 *
 * @param kinds - others are left out. @default all
 */
export async function runBackups(cloud: DeployedCloud, kinds?: readonly string[]): Promise<BackupOutcome[]> {
  await backupAccess(cloud.stack);
  const all = async (host: string): Promise<BackupOutcome[]> => {
    const done: BackupOutcome[] = [];
    for (const kind of kindsOf(cloud, host).filter((one) => kinds?.includes(one) ?? true)) {
      done.push(await runBackup(cloud, host, kind));
    }
    return done;
  };
  // The front-end makes the repository.
  const first = await all(cloud.frontend.name);
  const others = cloud.hosts.filter(({ name }) => name !== cloud.frontend.name);
  return [...first, ...(await Promise.all(others.map(({ name }) => all(name)))).flat()];
}

async function runBackup(cloud: DeployedCloud, host: string, kind: string): Promise<BackupOutcome> {
  const started = Date.now();
  const unit = quoteWord(backupUnit(kind));
  // The unit's journal says more than systemctl does.
  const last = `journalctl --quiet --no-pager --output=cat --lines=1 --identifier=opennebula-backup --priority=info`;
  const script = `systemctl reset-failed ${unit} 2>/dev/null || true; systemctl start ${unit} || { ${last} >&2; exit 1; }`;
  try {
    await cloud.root(host, script, "", RUN_SECONDS);
    return { host, kind, ok: true, seconds: (Date.now() - started) / 1000 };
  } catch (error) {
    return { host, kind, ok: false, seconds: (Date.now() - started) / 1000, reason: (error as Error).message };
  }
}

/** Every backup that the repository holds, oldest first, and what of it is not authentic. */
export async function listBackups(cloud: DeployedCloud, host = cloud.frontend.name): Promise<Backup[]> {
  const { identity } = await backupAccess(cloud.stack);
  const snapshots = JSON.parse(await ask(cloud, host, "list")) as Snapshot[];
  const hostKeys = cloud.hosts.map(({ hop }) => hop.hostKey);
  return judged(snapshots, identity, hostKeys);
}

/** Chooses what a restore takes; changes nothing. */
export async function planOf(cloud: DeployedCloud, request: RestoreRequest): Promise<RestorePlan> {
  const { kind, from = cloud.frontend.name, to = from, snapshot } = request;
  return planRestore(await listBackups(cloud, to), kind, from, snapshot);
}

/**
 * Restores a backup. The host reads it encrypted from the repository, this machine compares and opens it, the host gets the content:
 * the key leaves this machine at no time, and nothing on the host is touched before all of the backup is here and found to be what
 * its own host has sealed.
 */
export async function restoreBackup(cloud: DeployedCloud, request: RestoreRequest): Promise<RestoreReport> {
  const { from = cloud.frontend.name, to = from, isolated = false, paths = [] } = request;
  const { identity } = await backupAccess(cloud.stack);
  const { hop } = cloud.host(to);
  const plan = await planOf(cloud, request);
  const words = ["restore", ...(isolated ? ["--isolated"] : []), ...paths.flatMap((path) => ["--path", path])];
  return withFiles(plan.steps, readerOn(hop), identity, async (opened) => {
    const target = await openChannel(hop, hostProgram(...words), RUN_SECONDS);
    const send = async function* (): AsyncGenerator<Buffer> {
      yield* framed(Readable.from([Buffer.from(JSON.stringify(plan))]));
      for (const step of plan.steps) yield* framed(opened(step));
    };
    try {
      const answer = text(target.stdout);
      await pipeline(Readable.from(send(), { objectMode: false }), target.stdin).catch(async (error: Error) => {
        // When the host stopped reading, its own words are the reason.
        await target.ended;
        throw error;
      });
      const said = await answer;
      await target.ended;
      return JSON.parse(said) as RestoreReport;
    } finally {
      target.close();
    }
  });
}

/** Reads files of the repository through a host. */
function readerOn(hop: SshHop): Reader {
  return async function* (snapshot, folder, name) {
    const source = await openChannel(hop, hostProgram("read", snapshot, folder, name), RUN_SECONDS);
    try {
      yield* source.stdout;
      await source.ended;
    } finally {
      source.close();
    }
  };
}

/** Proves the newest backup of each kind by a restore into a place of its own, and compares the content. */
export async function proveBackups(cloud: DeployedCloud): Promise<BackupOutcome[]> {
  const outcomes: BackupOutcome[] = [];
  const requests: RestoreRequest[] = [
    { kind: "database", isolated: true },
    ...cloud.hosts.map(({ name }): RestoreRequest => ({ kind: "configuration", from: name, isolated: true })),
  ];
  for (const request of requests) {
    const { kind, from: host = cloud.frontend.name } = request;
    const started = Date.now();
    const took = (): number => (Date.now() - started) / 1000;
    try {
      await restoreBackup(cloud, request);
      outcomes.push({ host, kind, ok: true, seconds: took() });
    } catch (error) {
      outcomes.push({ host, kind, ok: false, seconds: took(), reason: (error as Error).message });
    }
  }
  return outcomes;
}

/** Lets the front-end read the repository's structure and a part of its data. */
export function checkRepository(cloud: DeployedCloud): Promise<BackupOutcome> {
  return runBackup(cloud, cloud.frontend.name, "check");
}

/**
 * Stores the resources of the stack's state with their secrets, encrypted on this machine to the cloud's recipients: only age keeps
 * them, so that they can be read when the stack's own secrets provider is gone too.
 *
 * @returns the backup's id.
 */
export async function storeState(cloud: DeployedCloud): Promise<string> {
  const { identity } = await backupAccess(cloud.stack);
  const recipients = await cloud.root(cloud.frontend.name, "cat /etc/opennebula-backup/recipients");
  const state = Buffer.from(JSON.stringify(await cloud.stack.export()));
  const now = Date.now();
  const manifest: Manifest = {
    version: 1,
    kind: "state",
    ...OPERATOR,
    sequence: now,
    takenAt: now / 1000,
    artefacts: [{ name: "state", sha256: createHash("sha256").update(state).digest("hex"), bytes: state.length }],
  };
  const seal = sealed(manifest, sealKey(identity, OPERATOR));
  const channel = await openChannel(cloud.frontend.hop, hostProgram("store", seal.manifest, seal.mac), ASK_SECONDS);
  try {
    const answer = text(channel.stdout);
    await pipeline(encrypt(Readable.from([state]), recipients), channel.stdin);
    const said = await answer;
    await channel.ended;
    return (JSON.parse(said) as { snapshot: string }).snapshot;
  } finally {
    channel.close();
  }
}

/**
 * Drops backups that are older than the stack file keeps them.
 *
 * @returns how many.
 */
export async function pruneBackups(cloud: DeployedCloud): Promise<number> {
  const { backups } = cloud.config;
  if (backups === undefined) throw new Error(`stack ${cloud.stack.name} has no backups`);
  const host = cloud.frontend.name;
  const ids = superfluous(await listBackups(cloud), backups.retention, Date.now() / 1000);
  const { exitCode, stderr } = await cloud.run(host, hostProgram("forget"), ids.join("\n"), PRUNE_SECONDS);
  if (exitCode !== 0) throw new Error(`host ${host}: ${stderr.trim().split("\n").at(-1) ?? ""}`);
  return ids.length;
}

async function ask(cloud: DeployedCloud, host: string, ...words: string[]): Promise<string> {
  const { exitCode, stdout, stderr } = await cloud.run(host, hostProgram(...words), "", ASK_SECONDS);
  if (exitCode === 0) return stdout;
  throw new Error(`host ${host}: ${stderr.trim().split("\n").at(-1) ?? `exit status ${exitCode}`}`);
}

async function text(stream: AsyncIterable<Buffer>): Promise<string> {
  const pieces: Buffer[] = [];
  for await (const piece of stream) pieces.push(piece);
  return Buffer.concat(pieces).toString("utf8");
}
