// SPDX-License-Identifier: Apache-2.0
import type { Writable } from "node:stream";
import { MANIFEST, type Manifest } from "./manifest";
import { ProgramFailure, run, through, type Program } from "./processes";
import type { Settings } from "./settings";

/** A backup in the repository. */
export interface Snapshot {
  id: string;
  time: string;
  host: string;
  kind: string;
  /** Folder in the snapshot that holds its files. */
  folder: string;
  /** What else the backup says of itself without being opened. */
  marks: Record<string, string>;
}

interface ResticSnapshot {
  short_id: string;
  time: string;
  hostname: string;
  tags?: string[];
  paths: string[];
}

/** How many of each age are kept. */
export interface Retention {
  daily: number;
  weekly: number;
  monthly: number;
}

/** Binary logs are of use only behind a dump that is still there. */
const BINLOG_DAYS = 8;

/** The distribution's restic on the cloud's one repository of hosts. */
export class Repository {
  constructor(private readonly settings: Settings) {}

  private program(...words: string[]): Program {
    const { url, region, accessKey, secretKey, password } = this.settings.repository;
    return {
      words: ["restic", "--quiet", "--cache-dir", this.settings.cacheDirectory, ...words],
      env: {
        RESTIC_REPOSITORY: url,
        RESTIC_PASSWORD: password,
        AWS_ACCESS_KEY_ID: accessKey,
        AWS_SECRET_ACCESS_KEY: secretKey,
        AWS_DEFAULT_REGION: region,
      },
    };
  }

  /** Makes the repository unless it is there. */
  async ensure(): Promise<void> {
    try {
      await run(this.program("cat", "config"));
    } catch (error) {
      // Only this says that there is none; a wrong password or a closed door must not end in a second repository.
      const absent = /Is there a repository|does not exist|no such file/i;
      const lastWords = error instanceof ProgramFailure ? error.lastWords : "";
      if (!absent.test(lastWords) || /wrong password|Access Denied|bucket does not exist/i.test(lastWords)) throw error;
      await run(this.program("init")).catch(async (failure: Error) => {
        // Two hosts may have begun at once: the other one's repository is as good.
        await run(this.program("cat", "config")).catch(() => {
          throw failure;
        });
      });
    }
  }

  /** Stores a folder as one snapshot. @returns its short id. */
  async store(folder: string, kind: string, marks: Record<string, string> = {}): Promise<string> {
    // One by one: a comma within an argument would part two tags.
    const tags = [kind, ...Object.entries(marks).map(([name, value]) => `${name}=${value}`)];
    const words = ["backup", "--json", "--host", this.settings.host, ...tags.flatMap((tag) => ["--tag", tag]), folder];
    const lines = (await run(this.program(...words))).trim().split("\n");
    const summary = JSON.parse(lines.at(-1) ?? "{}") as { snapshot_id?: string };
    if (summary.snapshot_id === undefined) throw new Error("restic named no snapshot");
    return summary.snapshot_id.slice(0, 8);
  }

  /** Newest last. */
  async snapshots(filter: { host?: string; kind?: string } = {}): Promise<Snapshot[]> {
    const words = ["snapshots", "--no-lock", "--json"];
    if (filter.host !== undefined) words.push("--host", filter.host);
    if (filter.kind !== undefined) words.push("--tag", filter.kind);
    const found = JSON.parse(await run(this.program(...words))) as ResticSnapshot[] | null;
    return (found ?? [])
      .map(({ short_id, time, hostname, tags = [], paths }) => {
        const marks = tags.flatMap((tag) => (tag.includes("=") ? [tag.split("=", 2) as [string, string]] : []));
        const kind = tags.find((tag) => !tag.includes("=")) ?? "";
        return { id: short_id, time, host: hostname, kind, folder: paths[0] ?? "", marks: Object.fromEntries(marks) };
      })
      .sort((a, b) => Date.parse(a.time) - Date.parse(b.time));
  }

  /** Sends one file of a snapshot on. */
  async dump(snapshot: Pick<Snapshot, "id" | "folder">, name: string, target: Writable): Promise<void> {
    await through(undefined, [this.program("dump", "--no-lock", snapshot.id, `${snapshot.folder}/${name}`)], target);
  }

  async manifest(snapshot: Pick<Snapshot, "id" | "folder">): Promise<Manifest> {
    const text = await run(this.program("dump", "--no-lock", snapshot.id, `${snapshot.folder}/${MANIFEST}`));
    return JSON.parse(text) as Manifest;
  }

  /** Reads the structure and a part of the data; a twentieth a day is everything within three weeks. */
  async check(subset: string): Promise<void> {
    await run(this.program("check", "--read-data-subset", subset));
  }

  /** Drops what is too old; only for who holds the key, see docs/adr/0012. */
  async forget({ daily, weekly, monthly }: Retention): Promise<void> {
    await run(this.program("unlock"));
    const keep = (words: string[]): Promise<string> => run(this.program("forget", "--group-by", "host", ...words));
    const ages = ["--keep-daily", daily, "--keep-weekly", weekly, "--keep-monthly", monthly].map(String);
    for (const kind of ["database", "configuration", "vms", "state"]) await keep(["--tag", kind, ...ages]);
    await keep(["--tag", "binlog", "--keep-within", `${BINLOG_DAYS}d`]);
    await run(this.program("prune"));
  }
}
