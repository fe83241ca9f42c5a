// SPDX-License-Identifier: Apache-2.0
import { spawn, type ChildProcess } from "node:child_process";
import { createHash, type Hash } from "node:crypto";
import { createWriteStream } from "node:fs";
import type { Readable, Writable } from "node:stream";

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
  const flows = started.map(({ child }, index) =>
    flow(child.stdout!, started[index + 1]?.child.stdin ?? target, taps[index]),
  );
  const first = started[0]!.child.stdin!;
  const fed = source ? flow(source, first) : Promise.resolve(void first.end());
  try {
    // What the streams say comes first: a full disk, a source that broke off. The programs say the rest.
    const settled = await Promise.allSettled([fed, ...flows, ...started.map(({ ended }) => ended)]);
    const failed = settled.find((one) => one.status === "rejected");
    if (failed) throw failed.reason as Error;
  } finally {
    for (const { child } of started) if (child.exitCode === null) child.kill("SIGKILL");
  }
}

/**
 * Moves all bytes on and ends the target. One that reads no further is no failure (tar stops at the end of its archive), and what
 * is left is read all the same, so that the program before it ends well.
 */
async function flow(source: Readable, target: Writable, tap?: (piece: Buffer) => void): Promise<void> {
  let failure: NodeJS.ErrnoException | undefined;
  let open = true;
  const closed = new Promise<void>((resolve) => {
    const close = (error?: NodeJS.ErrnoException): void => {
      failure ??= error;
      open = false;
      resolve();
    };
    // Standard output is finished, and never closed.
    target
      .once("error", close)
      .once("finish", () => close())
      .once("close", () => close());
  });
  const drained = (): Promise<void> => new Promise((resolve) => target.once("drain", resolve));
  try {
    for await (const piece of source as AsyncIterable<Buffer>) {
      tap?.(piece);
      if (open && !target.write(piece)) await Promise.race([drained(), closed]);
    }
  } catch (error) {
    target.destroy();
    throw error;
  }
  if (open) {
    target.end();
    await closed;
  }
  if (failure !== undefined && !UNREAD.has(failure.code ?? "")) throw failure;
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
