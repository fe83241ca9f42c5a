// SPDX-License-Identifier: Apache-2.0
import { createHash, randomUUID } from "node:crypto";
import {
  appendFileSync,
  createReadStream,
  createWriteStream,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import type { ReadStream } from "node:fs";

/** A bucket and its settings, each as the client gave it. */
export interface Bucket {
  name: string;
  projectId: string;
  region: string;
  createdAt: number;
  acl: string;
  lockEnabled: boolean;
  /** `versioning`, `lifecycle`, `object-lock`, ...: the documents that were put, by subresource. */
  settings: Record<string, string>;
}

/** One version of an object, or the mark that it is deleted. */
export interface Version {
  key: string;
  /** `null` where the bucket is not versioned. */
  id: string;
  marker: boolean;
  size: number;
  etag: string;
  modified: number;
  /** `content-type` and what begins with `x-amz-meta-`. */
  headers: Record<string, string>;
  /** Until then only who may bypass the rule can delete this version. */
  retainUntil?: number;
}

/** What a body was, once it lies on the disk. */
export interface Written {
  file: string;
  size: number;
  md5: string;
}

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** Of rules for the whole bucket: those for a part of it, and what moves objects to other classes, are not known here. */
function lifecycleOf(document: string): { hiddenDays?: number; dropsMarks: boolean } {
  const rules = (document.match(/<Rule>.*?<\/Rule>/gs) ?? []).filter((rule) =>
    rule.includes("<Status>Enabled</Status>"),
  );
  const days = rules.map((rule) => /<NoncurrentDays>(\d+)</.exec(rule)?.[1]).find((one) => one !== undefined);
  return {
    ...(days !== undefined && { hiddenDays: Number(days) }),
    dropsMarks: rules.some((rule) => rule.includes("<ExpiredObjectDeleteMarker>true<")),
  };
}

type Entry = { put: Version } | { drop: { key: string; id: string } };

/** One bucket on the disk: its settings, a journal of versions, and a file for the bytes of each. */
export class StoredBucket {
  /** Newest first. */
  private readonly objects = new Map<string, Version[]>();
  /** Until then no version is looked at for its age. */
  private expiresAt = 0;

  constructor(
    private readonly directory: string,
    readonly bucket: Bucket,
  ) {
    mkdirSync(join(directory, "data"), { recursive: true });
    mkdirSync(join(directory, "uploads"), { recursive: true });
    const journal = this.journalFile;
    const lines = existsSync(journal) ? readFileSync(journal, "utf8").split("\n") : [];
    for (const line of lines) if (line.endsWith("}")) this.apply(JSON.parse(line) as Entry);
  }

  private get journalFile(): string {
    return join(this.directory, "journal.ndjson");
  }

  get versioned(): boolean {
    return /<Status>Enabled<\/Status>/.test(this.bucket.settings.versioning ?? "") || this.bucket.lockEnabled;
  }

  get isEmpty(): boolean {
    return this.objects.size === 0;
  }

  save(): void {
    const file = join(this.directory, "bucket.json");
    writeFileSync(`${file}.new`, JSON.stringify(this.bucket), { mode: 0o600 });
    renameSync(`${file}.new`, file);
  }

  /** Every version of every key, keys in S3's order, the newest of each first. */
  versions(): Version[] {
    return [...this.objects.keys()].sort(byBytes).flatMap((key) => this.objects.get(key) ?? []);
  }

  current(key: string): Version | undefined {
    const newest = this.objects.get(key)?.[0];
    return newest?.marker ? undefined : newest;
  }

  version(key: string, id: string): Version | undefined {
    return this.objects.get(key)?.find((version) => version.id === id);
  }

  /** The bytes of a version, a part of them when `range` says which. */
  read(version: Version, range?: { start: number; end: number }): ReadStream {
    return createReadStream(this.dataFile(version), range);
  }

  /** Makes bytes that lie on the disk the newest version of an object. */
  put(
    key: string,
    { file, size, md5 }: Written,
    more: Pick<Version, "headers" | "modified"> & { etag?: string },
  ): Version {
    const id = this.versioned ? randomUUID() : "null";
    const { retentionDays } = this;
    const version: Version = {
      key,
      id,
      marker: false,
      size,
      etag: more.etag ?? md5,
      modified: more.modified,
      headers: more.headers,
      ...(retentionDays > 0 ? { retainUntil: more.modified + retentionDays * DAY_MS } : {}),
    };
    renameSync(file, this.dataFile(version));
    this.record({ put: version });
    return version;
  }

  /** Deletes the current version: in a versioned bucket a mark hides it, and it stays. */
  hide(key: string, now: number): Version | undefined {
    if (!this.versioned) {
      if (this.version(key, "null") !== undefined) this.drop(key, "null");
      return undefined;
    }
    const marker = { key, id: randomUUID(), marker: true, size: 0, etag: "", modified: now, headers: {} };
    this.record({ put: marker });
    return marker;
  }

  /** Deletes one version for good. */
  drop(key: string, id: string): void {
    const version = this.version(key, id);
    if (version === undefined) return;
    this.record({ drop: { key, id } });
    if (!version.marker) rmSync(this.dataFile(version), { force: true });
  }

  /** The rule that new versions come under. */
  get retentionDays(): number {
    return Number(/<Days>(\d+)<\/Days>/.exec(this.bucket.settings["object-lock"] ?? "")?.[1] ?? "0");
  }

  /**
   * Drops what the bucket's lifecycle rules say, at most once an hour: versions that newer ones or marks have hidden for long enough and
   * no lock holds, and marks that hide nothing any more.
   */
  expire(now: number): void {
    const { hiddenDays: days, dropsMarks } = lifecycleOf(this.bucket.settings.lifecycle ?? "");
    if (days === undefined || now < this.expiresAt) return;
    this.expiresAt = now + HOUR_MS;
    for (const versions of [...this.objects.values()]) {
      // A version is hidden since the one before it in the list was made.
      const hidden = versions.filter((_, index) => index > 0 && now - versions[index - 1]!.modified > days * DAY_MS);
      for (const { key, id, retainUntil = 0 } of hidden) if (retainUntil <= now) this.drop(key, id);
      const [last, ...others] = this.objects.get(versions[0]!.key) ?? [];
      if (dropsMarks && last?.marker && others.length === 0) this.drop(last.key, last.id);
    }
  }

  /** Whether the rule may be bypassed by who has the right to. */
  get bypassable(): boolean {
    return !/<Mode>COMPLIANCE<\/Mode>/.test(this.bucket.settings["object-lock"] ?? "");
  }

  /** Writes a body beside the data; only {@link put} makes it an object. */
  async write(body: AsyncIterable<Buffer>): Promise<Written> {
    const file = join(this.directory, "uploads", `${randomUUID()}.new`);
    const hash = createHash("md5");
    let size = 0;
    try {
      await pipeline(
        body,
        async function* (source: AsyncIterable<Buffer>) {
          for await (const piece of source) {
            hash.update(piece);
            size += piece.length;
            yield piece;
          }
        },
        createWriteStream(file, { mode: 0o600 }),
      );
    } catch (error) {
      rmSync(file, { force: true });
      throw error;
    }
    return { file, size, md5: hash.digest("hex") };
  }

  /** Folder of an upload in parts. */
  uploadDirectory(id: string): string {
    return join(this.directory, "uploads", id);
  }

  private dataFile({ key, id }: Version): string {
    const name = id === "null" ? `null-${createHash("sha256").update(key).digest("hex")}` : id;
    return join(this.directory, "data", name);
  }

  private record(entry: Entry): void {
    appendFileSync(this.journalFile, `${JSON.stringify(entry)}\n`, { mode: 0o600 });
    this.apply(entry);
  }

  private apply(entry: Entry): void {
    if ("put" in entry) {
      const { key, id } = entry.put;
      const others = (this.objects.get(key) ?? []).filter((version) => version.id !== id);
      this.objects.set(key, [entry.put, ...others]);
      return;
    }
    const { key, id } = entry.drop;
    const left = (this.objects.get(key) ?? []).filter((version) => version.id !== id);
    if (left.length > 0) this.objects.set(key, left);
    else this.objects.delete(key);
  }
}

/** Every bucket of the account, in a folder. */
export class Buckets {
  private readonly buckets = new Map<string, StoredBucket>();

  constructor(private readonly directory: string) {
    const names = existsSync(directory) ? readdirSync(directory) : [];
    for (const name of names) {
      const file = join(directory, name, "bucket.json");
      // A bucket whose making was interrupted has no settings yet.
      if (!existsSync(file)) continue;
      const bucket = JSON.parse(readFileSync(file, "utf8")) as Bucket;
      this.buckets.set(name, new StoredBucket(join(directory, name), bucket));
    }
  }

  find(name: string): StoredBucket | undefined {
    return this.buckets.get(name);
  }

  all(): StoredBucket[] {
    return [...this.buckets.keys()].sort(byBytes).map((name) => this.buckets.get(name)!);
  }

  create(bucket: Bucket): StoredBucket {
    const made = new StoredBucket(join(this.directory, bucket.name), bucket);
    made.save();
    this.buckets.set(bucket.name, made);
    return made;
  }

  remove(name: string): void {
    this.buckets.delete(name);
    rmSync(join(this.directory, name), { recursive: true, force: true });
  }
}

function byBytes(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}
