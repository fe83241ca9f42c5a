// SPDX-License-Identifier: Apache-2.0
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { OPERATOR } from "../../components/backup/seal";
import { framed } from "../../onhost/backup/src/frames";
import type { RestoreKind, RestorePlan } from "../../onhost/backup/src/plan";
import type { ResticSnapshot } from "../../onhost/backup/src/repository";
import type { RestoreReport } from "../../onhost/backup/src/restore";
import type { DeployedCloud } from "../cloud";
import { quoteWord } from "../quote";
import { backupAccess } from "./access";
import { openChannel } from "./channel";
import { withFiles } from "./files";
import { backupUnit, hostProgram } from "./host";
import { DOCUMENTS, planRestore } from "./plan";
import { ask, ASK_SECONDS, listBackups, readerOn, RUN_SECONDS, text } from "./remote";
import { superfluous, superfluousVms } from "./retention";
import { withDocument } from "./documents";
import { runVmJobs } from "./vms";

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

/** A prune waits for backups that run, and rewrites packs. */
const PRUNE_SECONDS = 3600;

/** The kinds that a host backs up. */
export function kindsOf(cloud: DeployedCloud, host: string): string[] {
  const vms = cloud.config.backups?.vms?.host === host ? ["vms"] : [];
  return host === cloud.frontend.name ? ["database", "binlog", "configuration", ...vms] : ["configuration", ...vms];
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

function runBackup(cloud: DeployedCloud, host: string, kind: string): Promise<BackupOutcome> {
  const unit = quoteWord(backupUnit(kind));
  // The unit's journal says more than systemctl does.
  const last = `journalctl --quiet --no-pager --output=cat --lines=1 --identifier=opennebula-backup --priority=info`;
  const script = `systemctl reset-failed ${unit} 2>/dev/null || true; systemctl start ${unit} || { ${last} >&2; exit 1; }`;
  return outcomeOf(host, kind, async () => {
    // The unit copies what OpenNebula's jobs have stored on the host, also when one of them failed.
    const failure = kind === "vms" ? await runVmJobs(cloud.oned).catch((error: Error) => error) : undefined;
    await cloud.root(host, script, "", RUN_SECONDS);
    if (failure instanceof Error) throw failure;
  });
}

async function outcomeOf(host: string, kind: string, work: () => Promise<unknown>): Promise<BackupOutcome> {
  const started = Date.now();
  const took = (): number => (Date.now() - started) / 1000;
  try {
    await work();
    return { host, kind, ok: true, seconds: took() };
  } catch (error) {
    return { host, kind, ok: false, seconds: took(), reason: (error as Error).message };
  }
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

/**
 * Proves the newest backup of each kind by a restore into a place of its own, and compares the content. Of the copies of VM backups
 * that the newest seal names, all must be there, and the VM's whose proof is the oldest is read whole.
 */
export async function proveBackups(cloud: DeployedCloud): Promise<BackupOutcome[]> {
  const { name } = cloud.frontend;
  const restored = (kind: RestoreKind, from: string): Promise<BackupOutcome> =>
    outcomeOf(from, kind, () => restoreBackup(cloud, { kind, from, isolated: true }));
  const outcomes = [await restored("database", name)];
  for (const host of cloud.hosts) outcomes.push(await restored("configuration", host.name));
  const { vms } = cloud.config.backups ?? {};
  if (vms !== undefined) outcomes.push(await restored("vms", vms.host));
  // What the operator's machine has stored is compared here: no host ever sees it. Whoever has stored none keeps it elsewhere.
  const backups = await listBackups(cloud);
  for (const document of DOCUMENTS) {
    if (!backups.some(({ kind, manifest }) => kind === document && manifest !== undefined)) continue;
    const opened = (): Promise<unknown> => withDocument(cloud, document, undefined, () => Promise.resolve());
    outcomes.push(await outcomeOf(OPERATOR.host, document, opened));
  }
  return outcomes;
}

/** Lets the front-end read the repository's structure and a part of its data. */
export function checkRepository(cloud: DeployedCloud): Promise<BackupOutcome> {
  return runBackup(cloud, cloud.frontend.name, "check");
}

/**
 * Drops backups that are older than the stack file keeps them; copies of VM backups, too.
 *
 * @returns how many, those of VMs left out.
 */
export async function pruneBackups(cloud: DeployedCloud): Promise<number> {
  const { backups } = cloud.config;
  if (backups === undefined) throw new Error(`stack ${cloud.stack.name} has no backups`);
  const { retention, vms } = backups;
  const now = Date.now() / 1000;
  const ids = superfluous(await listBackups(cloud), retention, now);
  await forget(cloud, cloud.frontend.name, "forget", ids);
  if (vms !== undefined) {
    const copies = JSON.parse(await ask(cloud, vms.host, ASK_SECONDS, "list-vms")) as ResticSnapshot[];
    await forget(cloud, vms.host, "forget-vms", superfluousVms(copies, retention, now));
  }
  return ids.length;
}

async function forget(cloud: DeployedCloud, host: string, command: string, ids: readonly string[]): Promise<void> {
  const { exitCode, stderr } = await cloud.run(host, hostProgram(command), ids.join("\n"), PRUNE_SECONDS);
  if (exitCode !== 0) throw new Error(`host ${host}: ${stderr.trim().split("\n").at(-1) ?? ""}`);
}
