// SPDX-License-Identifier: Apache-2.0
/**
 * The append-only file beside a checkpoint. A run notes each change of the state here, before and after every provider
 * call, instead of writing the whole state again (which is what makes the CLI slow on big stacks). It is folded into
 * the checkpoint at the end of a run, or at the start of the next one after a crash.
 */
import { createHash } from "node:crypto";
import { closeSync, existsSync, openSync, readFileSync, rmSync, writeSync } from "node:fs";
import type { OperationType, PendingOperation, ResourceState } from "./types";

/** Resources go by number: those of the checkpoint by their place in it, those of this run by higher ones. */
export type JournalEntry =
  /** An operation begins. */
  | { op: "begin"; n: number; type: OperationType; resource: ResourceState }
  | { op: "end"; n: number }
  /** A resource of this run; written again when its outputs change. */
  | { op: "new"; k: number; resource: ResourceState }
  /** A resource of this run that equals one from before it. */
  | { op: "keep"; k: number; of: number }
  /** A resource is gone or has been succeeded. */
  | { op: "done"; k: number }
  /** A resource from before the run has changed. */
  | { op: "old"; k: number; resource: ResourceState }
  /** A refresh is through: what it has noted as new is what the rest of the run starts from. */
  | { op: "rebase" }
  /** Operations that an earlier run left behind are forgotten, but for some types. */
  | { op: "forget"; kept: OperationType[] };

/** Identifies the checkpoint a journal belongs to: the content of its file. */
export function fingerprint(content: string | undefined): string {
  return content === undefined ? "none" : createHash("sha256").update(content).digest("hex");
}

/** The contents of a checkpoint plus a journal, still sealed. */
export interface StateLists {
  resources: ResourceState[];
  pending: PendingOperation[];
}

export class Journal {
  private handle: number | undefined;
  private buffer = "";
  private flushing = false;

  constructor(
    private readonly file: string,
    private readonly base: string,
  ) {}

  /** Notes an entry; `urgent` ones are in the file before this returns. */
  write(entry: JournalEntry, urgent: boolean): void {
    this.buffer += `${JSON.stringify(entry)}\n`;
    if (urgent) this.flush();
    else if (!this.flushing) {
      this.flushing = true;
      setImmediate(() => {
        this.flushing = false;
        this.flush();
      });
    }
  }

  flush(): void {
    if (!this.buffer) return;
    if (this.handle === undefined) {
      this.handle = openSync(this.file, "w", 0o600);
      this.buffer = `${JSON.stringify({ journal: 1, base: this.base })}\n${this.buffer}`;
    }
    writeSync(this.handle, this.buffer);
    this.buffer = "";
  }

  /** Ends the journal: its content now lies in the checkpoint. */
  remove(): void {
    this.buffer = "";
    if (this.handle !== undefined) closeSync(this.handle);
    this.handle = undefined;
    rmSync(this.file, { force: true });
  }
}

/** The entries of a journal that belongs to the checkpoint with this fingerprint; a torn last line is left out. */
export function readJournal(file: string, base: string): JournalEntry[] {
  if (!existsSync(file)) return [];
  const lines = readFileSync(file, "utf8").split("\n");
  // What follows the last line break was being written when the process died.
  lines.pop();
  const [head, ...entries] = lines.map((line) => JSON.parse(line) as unknown);
  if ((head as { base?: string } | undefined)?.base !== base) return [];
  return entries as JournalEntry[];
}

/** What state a checkpoint and a journal amount to: this run's resources first, then what is left from before. */
export function replay(checkpoint: StateLists, entries: readonly JournalEntry[]): StateLists {
  let old = new Map(checkpoint.resources.map((state, i) => [i, state]));
  let fresh = new Map<number, ResourceState>();
  const running = new Map<number, PendingOperation>();
  let { pending } = checkpoint;
  for (const entry of entries) {
    if (entry.op === "begin") running.set(entry.n, { type: entry.type, resource: entry.resource });
    else if (entry.op === "end") running.delete(entry.n);
    else if (entry.op === "new") fresh.set(entry.k, entry.resource);
    else if (entry.op === "keep") {
      const state = old.get(entry.of);
      if (state) fresh.set(entry.k, state);
    } else if (entry.op === "old") old.set(entry.k, entry.resource);
    else if (entry.op === "done") {
      fresh.delete(entry.k);
      old.delete(entry.k);
    } else if (entry.op === "rebase") {
      old = fresh;
      fresh = new Map();
    } else pending = pending.filter(({ type }) => entry.kept.includes(type));
  }
  return { resources: [...fresh.values(), ...old.values()], pending: [...pending, ...running.values()] };
}
