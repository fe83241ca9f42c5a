// SPDX-License-Identifier: Apache-2.0
/** The file backend: layout, lock, history and backups of Pulumi's own `file://` backend. */
import { randomUUID } from "node:crypto";
import { copyFileSync, existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { hostname, userInfo } from "node:os";
import { join } from "node:path";
import { Journal, fingerprint, readJournal, replay } from "./journal";
import type { StateLists } from "./journal";
import { newManifest } from "./checkpoint";
import { writeFileAtomic } from "./files";
import { renameAliased } from "./snapshot";
import type { Deployment } from "./types";

interface CheckpointFile {
  version: number;
  checkpoint: { stack: string; latest?: Deployment };
}

interface LockInfo {
  pid: number;
  username: string;
  hostname: string;
  timestamp: string;
}

/** What history keeps of a run. */
export interface HistoryEntry {
  kind: string;
  startTime: number;
  endTime: number;
  result: string;
  message: string;
  environment: Record<string, string>;
  config: Record<string, unknown>;
  resourceChanges: Record<string, number>;
}

const CHECKPOINT_VERSION = 3;

export class Backend {
  private readonly dir: string;
  private readonly name: string;

  constructor(
    root: string,
    private readonly project: string,
    private readonly stack: string,
  ) {
    this.dir = join(root, ".pulumi");
    this.name = `organization/${project}/${stack}`;
  }

  get stackFile(): string {
    return this.stackFileOf(this.project, this.stack);
  }

  private stackFileOf(project: string, stack: string): string {
    return join(this.dir, "stacks", project, `${stack}.json`);
  }

  private get journalFile(): string {
    return `${this.stackFile}.journal`;
  }

  /** Makes the folders of a new backend. */
  prepare(): void {
    mkdirSync(join(this.dir, "stacks", this.project), { recursive: true });
    const meta = join(this.dir, "meta.yaml");
    if (!existsSync(meta)) writeFileSync(meta, "version: 1\n");
  }

  /** The stack's deployment, sealed, with what a killed run's journal adds; undefined for a stack never deployed. */
  read(): Deployment | undefined {
    return this.readFile(this.stackFile);
  }

  /** Another stack of this backend, for stack references; `name` is `org/project/stack`. */
  readOther(name: string): Deployment | undefined {
    const [, project = this.project, stack = name] = name.split("/");
    return this.readFile(this.stackFileOf(project, stack));
  }

  private readFile(file: string): Deployment | undefined {
    const content = existsSync(file) ? readFileSync(file, "utf8") : undefined;
    const entries = readJournal(`${file}.journal`, fingerprint(content));
    const latest = content === undefined ? undefined : this.parse(file, content);
    if (entries.length === 0) return latest;
    const base: StateLists = { resources: latest?.resources ?? [], pending: latest?.pending_operations ?? [] };
    const lists = replay(base, entries);
    return {
      ...(latest ?? { manifest: newManifest(), metadata: {} }),
      resources: renameAliased(lists.resources),
      pending_operations: lists.pending,
    };
  }

  private parse(file: string, content: string): Deployment | undefined {
    const parsed = JSON.parse(content) as Partial<CheckpointFile>;
    if (parsed.version !== CHECKPOINT_VERSION) {
      throw new Error(
        `${file}: version ${String(parsed.version)} is not supported, only ${String(CHECKPOINT_VERSION)}`,
      );
    }
    return parsed.checkpoint?.latest;
  }

  /** Writes the checkpoint and ends the journal. */
  write(deployment: Deployment): void {
    this.prepare();
    const file = this.stackFile;
    const content: CheckpointFile = {
      version: CHECKPOINT_VERSION,
      checkpoint: { stack: this.name, latest: withoutEmptyLists(deployment) },
    };
    if (existsSync(file)) copyFileSync(file, `${file}.bak`);
    writeFileAtomic(file, JSON.stringify(content, undefined, 4));
    rmSync(this.journalFile, { force: true });
  }

  /** A journal on the checkpoint as it is now; one left by a killed run must have been folded in before. */
  journal(): Journal {
    const content = existsSync(this.stackFile) ? readFileSync(this.stackFile, "utf8") : undefined;
    return new Journal(this.journalFile, fingerprint(content));
  }

  /** Folds a killed run's journal into the checkpoint. */
  recover(): void {
    if (!existsSync(this.journalFile)) return;
    const deployment = this.read();
    if (deployment) this.write(deployment);
    else rmSync(this.journalFile, { force: true });
  }

  /** Keeps a copy of the state and a record of the run, as the CLI does. */
  record(entry: HistoryEntry): void {
    if (!existsSync(this.stackFile)) return;
    const stamp = `${this.stack}-${String(Date.now())}000000`;
    const history = join(this.dir, "history", this.project, this.stack);
    mkdirSync(history, { recursive: true });
    writeFileSync(join(history, `${stamp}.history.json`), JSON.stringify(entry, undefined, 4));
    copyFileSync(this.stackFile, join(history, `${stamp}.checkpoint.json`));
    const backups = join(this.dir, "backups", this.project, this.stack);
    mkdirSync(backups, { recursive: true });
    copyFileSync(this.stackFile, join(backups, `${stamp.replace("-", ".")}.json`));
  }

  private get lockDir(): string {
    return join(this.dir, "locks", "organization", this.project, this.stack);
  }

  /**
   * Takes the stack's lock. A lock whose process on this machine is gone is taken over.
   * @returns the function that gives it back
   * @throws Error that says who holds it
   */
  lock(): () => void {
    this.prepare();
    mkdirSync(this.lockDir, { recursive: true });
    const own = join(this.lockDir, `${randomUUID()}.json`);
    const info: LockInfo = {
      pid: process.pid,
      username: userInfo().username,
      hostname: hostname(),
      timestamp: new Date().toISOString(),
    };
    writeFileSync(own, JSON.stringify(info), { flag: "wx" });
    // Written first, looked for second: of two runs that start together at least one sees the other.
    const holders = this.holders().filter(({ file }) => file !== own);
    const [holder] = holders.filter(({ file, info: other }) => !releaseDead(file, other));
    if (holder) {
      rmSync(own, { force: true });
      const { username, hostname: host, pid, timestamp } = holder.info;
      throw new Error(
        `stack ${this.stack} is locked by another run: ${username}@${host} (pid ${String(pid)}) since ${timestamp}. ` +
          "Wait for it, or remove the lock with `cancel` when that process is gone",
      );
    }
    return () => {
      rmSync(own, { force: true });
    };
  }

  private holders(): { file: string; info: LockInfo }[] {
    if (!existsSync(this.lockDir)) return [];
    return readdirSync(this.lockDir)
      .filter((name) => name.endsWith(".json"))
      .map((name) => join(this.lockDir, name))
      .map((file) => ({ file, info: readLock(file) }));
  }

  /** Removes every lock of the stack. @returns how many there were */
  cancel(): number {
    const holders = this.holders();
    for (const { file } of holders) rmSync(file, { force: true });
    return holders.length;
  }
}

function readLock(file: string): LockInfo {
  try {
    return JSON.parse(readFileSync(file, "utf8")) as LockInfo;
  } catch {
    // Being written just now by another run, or torn by a crash: held by nobody we could name.
    return { pid: 0, username: "unknown", hostname: "unknown", timestamp: "unknown" };
  }
}

function releaseDead(file: string, info: LockInfo): boolean {
  if (info.hostname !== hostname() || info.pid <= 0 || isAlive(info)) return false;
  rmSync(file, { force: true });
  return true;
}

function isAlive(info: LockInfo): boolean {
  try {
    process.kill(info.pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
  const found = lookUp(info.pid);
  // A process that was born after the lock was taken only has the number in common with its holder.
  return found === undefined || (!found.dead && found.born <= Date.parse(info.timestamp) + 1000);
}

/**
 * When a process started, in milliseconds since the epoch, and whether it is dead and only waits to be asked how it ended (which
 * the first process of a container may never do). Undefined where there is no /proc.
 */
function lookUp(pid: number): { born: number; dead: boolean } | undefined {
  try {
    const stat = readFileSync(`/proc/${String(pid)}/stat`, "utf8");
    // The command in parentheses may hold spaces; state is field 3, starttime field 22, counted in ticks of 10 ms since boot.
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    const boot = Number(/^btime (\d+)$/m.exec(readFileSync("/proc/stat", "utf8"))?.[1]);
    const born = boot * 1000 + Number(fields[19]) * 10;
    return Number.isFinite(born) ? { born, dead: fields[0] === "Z" || fields[0] === "X" } : undefined;
  } catch {
    return undefined;
  }
}

function withoutEmptyLists(deployment: Deployment): Deployment {
  const { resources, pending_operations: pending, ...rest } = deployment;
  return {
    manifest: rest.manifest,
    ...(rest.secrets_providers ? { secrets_providers: rest.secrets_providers } : {}),
    ...(resources && resources.length > 0 ? { resources } : {}),
    ...(pending && pending.length > 0 ? { pending_operations: pending } : {}),
    metadata: rest.metadata ?? {},
  };
}
