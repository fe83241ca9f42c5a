// SPDX-License-Identifier: Apache-2.0
import { spawn, type ChildProcess } from "node:child_process";
import { createHash, type Hash } from "node:crypto";
import { createWriteStream } from "node:fs";
import { PassThrough, Readable, Transform, type Writable } from "node:stream";
import { pipeline } from "node:stream/promises";

/** A program in a pipeline, by its words. */
export interface Program {
  words: string[];
  /** Environment beside PATH; where secrets go. */
  env?: Record<string, string>;
  /** Exit statuses that are no failure. @default [0] */
  accept?: number[];
  /** Until it must have ended; restic alone would try for a quarter of an hour, several times. @default 1800 */
  seconds?: number;
}

/** A program that failed, with its last words. */
export class ProgramFailure extends Error {
  constructor(
    readonly program: string,
    readonly status: number | string,
    readonly lastWords: string,
  ) {
    super(`${program} ended with ${status}${lastWords === "" ? "" : `: ${lastWords}`}`);
  }
}

const MOST_ERROR_BYTES = 4000;
const DEADLINE_SECONDS = 1800;
const UNREAD = new Set(["EPIPE", "ERR_STREAM_PREMATURE_CLOSE", "ERR_STREAM_DESTROYED"]);

interface Started {
  child: ChildProcess;
  ended: Promise<void>;
}

function start({ words, env, accept = [0], seconds = DEADLINE_SECONDS }: Program): Started {
  const [file = "", ...args] = words;
  const child = spawn(file, args, {
    env: { PATH: process.env.PATH ?? "/usr/sbin:/usr/bin:/sbin:/bin", LC_ALL: "C.UTF-8", ...env },
    stdio: ["pipe", "pipe", "pipe"],
    timeout: seconds * 1000,
  });
  let errors = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    errors = (errors + text).slice(-MOST_ERROR_BYTES);
  });
  // A program may end before it has read everything; what matters is its exit status.
  child.stdin.on("error", () => undefined);
  const ended = new Promise<void>((resolve, reject) => {
    child.once("error", (error) => reject(new ProgramFailure(file, "an error", error.message)));
    child.once("close", (code, signal) => {
      if (code !== null && accept.includes(code)) return resolve();
      const last = errors.trim().split("\n").slice(-3).join(" | ");
      reject(new ProgramFailure(file, code ?? signal ?? "no status", last));
    });
  });
  // Whoever waits for it may come later than its end.
  ended.catch(() => undefined);
  return { child, ended };
}

/** Runs a program to its end. @returns standard output. */
export async function run(program: Program, input = ""): Promise<string> {
  const { child, ended } = start(program);
  const pieces: Buffer[] = [];
  child.stdout!.on("data", (piece: Buffer) => pieces.push(piece));
  child.stdin!.end(input);
  await ended;
  return Buffer.concat(pieces).toString("utf8");
}

/**
 * Sends bytes through programs one after another.
 *
 * @param source - undefined: the first program reads nothing.
 * @param taps - called with what leaves the program of the same index.
 * @throws ProgramFailure of the first program that failed; nothing of the chain runs on.
 */
export async function through(
  source: Readable | undefined,
  programs: readonly Program[],
  target: Writable,
  taps: readonly ((piece: Buffer) => void)[] = [],
): Promise<void> {
  const started = programs.map(start);
  const flows = started.map(({ child }, index) => {
    const next = started[index + 1]?.child.stdin ?? target;
    const tap = taps[index];
    const watch = tap ? watching(tap) : new PassThrough();
    return pipeline(child.stdout!, watch, next);
  });
  const first = started[0]!.child.stdin!;
  const fed = source ? pipeline(source, first) : Promise.resolve(void first.end());
  const ends = started.map(({ ended }) => ended);
  try {
    // A program's own words say more than the broken pipe of its neighbour.
    const settled = await Promise.allSettled([...ends, ...flows, fed]);
    // What feeds the chain comes first, unless it only saw that nobody reads any more.
    const source = settled.at(-1)!;
    const unread = source.status === "rejected" && UNREAD.has((source.reason as NodeJS.ErrnoException).code ?? "");
    const failed = [...(unread ? [] : [source]), ...settled].find((one) => one.status === "rejected");
    if (failed) throw failed.reason as Error;
  } finally {
    for (const { child } of started) if (child.exitCode === null) child.kill("SIGKILL");
  }
}

function watching(tap: (piece: Buffer) => void): Transform {
  return new Transform({
    transform(piece: Buffer, _encoding, done) {
      tap(piece);
      done(null, piece);
    },
  });
}

/** Counts and hashes what passes. */
export class Measure {
  private readonly hash: Hash = createHash("sha256");
  bytes = 0;

  readonly tap = (piece: Buffer): void => {
    this.hash.update(piece);
    this.bytes += piece.length;
  };

  digest(): string {
    return this.hash.digest("hex");
  }
}

/** A file that a pipeline ends in; private from the first byte. */
export function privateFile(path: string): Writable {
  return createWriteStream(path, { mode: 0o600 });
}
