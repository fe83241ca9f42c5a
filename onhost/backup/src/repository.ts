// SPDX-License-Identifier: Apache-2.0
import { join } from "node:path";
import { Writable } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import { ProgramFailure, run, through, type Program } from "./processes";
import type { Sealed } from "./seal";
import type { Settings } from "./settings";

/** A backup in the repository, as whoever wrote it says. */
export interface Snapshot {
  id: string;
  time: string;
  host: string;
  kind: string;
  /** Folder in the snapshot that holds its files. */
  folder: string;
  /** Undefined where somebody stored none. */
  sealed?: Sealed;
}

/** As restic lists it. */
export interface ResticSnapshot {
  short_id: string;
  time: string;
  hostname: string;
  tags?: string[];
  paths: string[];
  /** Hash over all that it holds: two with the same tree have the same content. */
  tree: string;
}

const LOCK_SECONDS = 600;
const LOCK_PAUSE_SECONDS = 5;
/** A VM's disks may be large. */
const READ_SECONDS = 5 * 3600;

/** The distribution's restic on a repository of the bucket: the one of all hosts, or that of VMs, which one host alone writes. */
export class Repository {
  /** @param at - as restic spells it, and what opens it. @default that of all hosts */
  constructor(
    private readonly settings: Settings,
    private readonly at: { url: string; password: string } = settings.repository,
  ) {}

  /** Copies of VM backups. @throws Error on a host that keeps none */
  static ofVms(settings: Settings): Repository {
    const { vms } = settings;
    if (vms === undefined) throw new Error("this host keeps no backups of VMs");
    return new Repository(settings, { url: vms.repository, password: vms.copyPassword });
  }

  /** A command on the repository, with all that opens it in its environment. */
  program(...words: string[]): Program {
    const { region, accessKey, secretKey } = this.settings.repository;
    return {
      words: ["restic", "--quiet", "--cache-dir", this.settings.cacheDirectory, ...words],
      env: {
        RESTIC_REPOSITORY: this.at.url,
        RESTIC_PASSWORD: this.at.password,
        AWS_ACCESS_KEY_ID: accessKey,
        AWS_SECRET_ACCESS_KEY: secretKey,
        AWS_DEFAULT_REGION: region,
      },
    };
  }

  /**
   * Makes the repository unless it is there. Only the front-end does, one run after the other: restic does not keep two that begin
   * at once apart, and what they make together nobody can open.
   */
  async ensure(): Promise<void> {
    try {
      await run(this.program("cat", "config"));
    } catch (error) {
      // Only this says that there is none; a wrong password or a closed door must not end in a second repository.
      const absent = /Is there a repository|does not exist|no such file/i;
      const lastWords = error instanceof ProgramFailure ? error.lastWords : "";
      if (!absent.test(lastWords) || /wrong password|Access Denied|bucket does not exist/i.test(lastWords)) throw error;
      if (this.at === this.settings.repository && this.settings.database === undefined) {
        throw new Error("there is no repository yet: the front-end makes it with its first backup");
      }
      const { words, env } = this.program();
      const lock = join(this.settings.stateDirectory, "init.lock");
      const script = '"$@" cat config >/dev/null 2>&1 || "$@" init';
      await run({ words: ["flock", "--timeout", "300", lock, "sh", "-c", script, "init", ...words], env });
    }
  }

  /**
   * Stores a folder as one snapshot. The sealed manifest goes into its tags, so that one listing holds all of them.
   *
   * @returns its short id.
   */
  async store(folder: string, { host, kind }: { host: string; kind: string }, seal: Sealed): Promise<string> {
    const tags = [kind, `manifest=${seal.manifest}`, `mac=${seal.mac}`];
    const words = ["backup", "--json", "--host", host, ...tags.flatMap((tag) => ["--tag", tag]), "--", folder];
    const lines = (await this.patiently(this.program(...words))).trim().split("\n");
    const summary = JSON.parse(lines.at(-1) ?? "{}") as { snapshot_id?: string };
    if (summary.snapshot_id === undefined) throw new Error("restic named no snapshot");
    return summary.snapshot_id.slice(0, 8);
  }

  /** Waits while another command has the repository for itself, or keeps this one from having it. */
  async patiently(program: Program): Promise<string> {
    const deadline = Date.now() + LOCK_SECONDS * 1000;
    for (;;) {
      try {
        return await run(program);
      } catch (error) {
        const locked = error instanceof ProgramFailure && /already locked|lock was created/.test(error.lastWords);
        if (!locked || Date.now() > deadline) throw error;
        await sleep(LOCK_PAUSE_SECONDS * 1000);
      }
    }
  }

  /** All of them, as whoever wrote them says; newest last. */
  async snapshots(): Promise<Snapshot[]> {
    return (await this.list())
      .map(({ short_id, time, hostname, tags = [], paths }) => {
        const mark = (name: string): string | undefined =>
          tags.find((tag) => tag.startsWith(`${name}=`))?.slice(name.length + 1);
        const [manifest, mac] = [mark("manifest"), mark("mac")];
        return {
          id: short_id,
          time,
          host: hostname,
          kind: tags.find((tag) => !tag.includes("=")) ?? "",
          folder: paths[0] ?? "",
          ...(manifest !== undefined && mac !== undefined && { sealed: { manifest, mac } }),
        };
      })
      .sort((a, b) => Date.parse(a.time) - Date.parse(b.time));
  }

  /** As restic lists them. */
  async list(): Promise<ResticSnapshot[]> {
    const said = await run(this.program("snapshots", "--no-lock", "--json"));
    return (JSON.parse(said) as ResticSnapshot[] | null) ?? [];
  }

  /** Sends one file of a snapshot on. */
  async dump({ id, folder }: Pick<Snapshot, "id" | "folder">, name: string, target: Writable): Promise<void> {
    // Folder and name are whatever somebody has stored: never options.
    await through(undefined, [this.program("dump", "--no-lock", "--", id, `${folder}/${name}`)], target);
  }

  /** Reads all of a snapshot; restic compares every piece with the hash that the tree names. @returns bytes of its files */
  async read(id: string): Promise<number> {
    let bytes = 0;
    const count = new Writable({
      write: (piece: Buffer, _encoding, done) => {
        bytes += piece.length;
        done();
      },
    });
    await through(undefined, [{ ...this.program("dump", "--no-lock", "--", id, "/"), seconds: READ_SECONDS }], count);
    return bytes;
  }

  /** Reads the structure and a part of the data; a twentieth a day is everything within three weeks. */
  async check(subset: string): Promise<void> {
    // Without a lock: it would keep every backup out for as long as it reads.
    await run(this.program("check", "--no-lock", "--read-data-subset", subset));
  }

  /** Drops these; what is too old the operator's side says. */
  async forget(ids: readonly string[]): Promise<void> {
    await run(this.program("unlock"));
    if (ids.length > 0) await this.patiently(this.program("forget", "--", ...ids));
    await this.patiently(this.program("prune"));
  }
}
