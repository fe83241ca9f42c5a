// SPDX-License-Identifier: Apache-2.0
import { createHash } from "node:crypto";
import type { AuditRecord } from "./records";

/** A record of a chain as whoever looked at it remembers it. */
export interface Link {
  n: number;
  /** Microseconds since the epoch. */
  time: number;
  /** SHA-256 of the record's text, in hexadecimal. */
  digest: string;
}

/** What one copy of a host's chain is. */
export interface ChainCopy {
  records: number;
  first?: Link;
  last?: Link;
  /** Digests of the records that were asked for, by number. */
  digests: ReadonlyMap<number, string>;
  /** When they were written, likewise; microseconds since the epoch. */
  times: ReadonlyMap<number, number>;
  problems: string[];
}

/** What a chain is read for. */
export interface ChainExpectation {
  /** Whose chain it must be. */
  host: string;
  /** Numbers of records whose digests and times are wanted. */
  wanted?: readonly number[];
  /** Digest of a record up to which somebody has looked and agreed: what is before it is no problem any more. */
  accepted?: string;
}

const START = "0".repeat(64);
/** A sender repeats what was under way when its collector went: so many records back. */
const REMEMBERED = 20_000;
const MAX_PROBLEMS = 100;

/** Reads one copy of a chain, a record a line and oldest first, and computes every digest itself. */
export class ChainReader {
  private rest = Buffer.alloc(0);
  private readonly seen = new Map<number, string>();
  private readonly digests = new Map<number, string>();
  private readonly times = new Map<number, number>();
  private problems: string[] = [];
  private records = 0;
  private first: Link | undefined;
  private last: Link | undefined;

  constructor(private readonly expected: ChainExpectation) {}

  /** @param chunk - a piece of the copy, wherever it ends. */
  take(chunk: Buffer): void {
    const bytes = Buffer.concat([this.rest, chunk]);
    const end = bytes.lastIndexOf(10) + 1;
    this.rest = bytes.subarray(end);
    const lines = bytes.subarray(0, end).toString("latin1").split("\n");
    lines.filter((line) => line !== "").forEach((line) => this.link(line));
  }

  /** What was found, after the last piece. */
  end(): ChainCopy {
    const { records, first, last, digests, times, problems } = this;
    return { records, first, last, digests, times, problems: problems.slice(0, MAX_PROBLEMS) };
  }

  private link(text: string): void {
    const record = recordOf(text);
    if (record === undefined) return this.tell("after record", this.last?.n ?? 0, "is something that is no record");
    const { n, prev, host, time } = record;
    const digest = createHash("sha256").update(text, "latin1").digest("hex");
    if (this.seen.get(n) === digest) return;
    if (host !== this.expected.host) this.tell("record", n, `says that it is of host ${JSON.stringify(host)}`);
    const { last } = this;
    if (n === 1 && (prev !== START || record.kind !== "begin"))
      this.tell("record", n, "is not the beginning of a chain");
    if (last !== undefined && !this.follows(last, n, prev)) return;
    this.records += 1;
    this.last = { n, time, digest };
    this.first ??= this.last;
    this.seen.set(n, digest);
    this.seen.delete(n - REMEMBERED);
    if (this.expected.wanted?.includes(n)) {
      this.digests.set(n, digest);
      this.times.set(n, time);
    }
    if (digest === this.expected.accepted) this.acceptAllBefore();
  }

  /** @returns false for a second version, which cannot be gone on from. */
  private follows(last: Link, n: number, prev: string): boolean {
    if (this.seen.has(n) && n !== 1) {
      this.tell("record", n, "is there in two versions");
      return false;
    }
    if (n === 1) this.tell("record", n, `follows record ${last.n}: the chain begins anew`);
    else if (n !== last.n + 1) this.tell("record", n, `follows record ${last.n}: records are missing`);
    else if (prev !== last.digest) this.tell("record", last.n, "was changed after it was written");
    if (n === 1) this.seen.clear();
    return true;
  }

  private acceptAllBefore(): void {
    this.problems = [];
    this.records = 1;
    this.first = this.last;
  }

  private tell(what: "record" | "after record", n: number, problem: string): void {
    this.problems.push(`${what} ${n} ${problem}`);
  }
}

/** A link of a chain; undefined for text that is none. */
export function recordOf(text: string): AuditRecord | undefined {
  try {
    const record = JSON.parse(text) as AuditRecord | null;
    return Number.isInteger(record?.n) && Number.isFinite(record?.time) ? record! : undefined;
  } catch {
    return undefined;
  }
}
