// SPDX-License-Identifier: Apache-2.0
import { spawn } from "node:child_process";
import { closeSync, mkdirSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import * as path from "node:path";

import { pause } from "./run";

/** A process of the lab as its pid file remembers it: the start time tells it from a later process of the same number. */
interface ProcessRecord {
  pid: number;
  /** The machine's boot id and field 22 of /proc/<pid>/stat, in clock ticks since that boot. */
  started: string;
}

let bootId: string | undefined;

/** Start time of a running process, undefined if there is none of that number or it is dead already. */
export function startTimeOf(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
    // The command's name may hold anything; fields after it are counted from its closing parenthesis.
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    bootId ??= readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
    return fields[0] === "Z" ? undefined : `${bootId}:${fields[19]}`;
  } catch {
    return undefined;
  }
}

/** Pid of the process that a pid file names, if that very process still runs. */
export function runningPid(pidFile: string): number | undefined {
  let record: ProcessRecord;
  try {
    record = JSON.parse(readFileSync(pidFile, "utf8")) as ProcessRecord;
  } catch {
    return undefined;
  }
  return startTimeOf(record.pid) === record.started ? record.pid : undefined;
}

export interface StartOptions {
  pidFile: string;
  /** Standard output and error are added to it. */
  logFile: string;
  /** The whole environment of the process; nothing else is passed on. */
  env?: Record<string, string>;
  /** @default the root directory, so that nothing is held in use. */
  workingDirectory?: string;
}

/** Starts a process that outlives this one, in a session of its own, unless it runs already. */
export function startDetached(argv: string[], options: StartOptions): number {
  const running = runningPid(options.pidFile);
  if (running !== undefined) return running;
  const [file, ...args] = argv;
  if (file === undefined) throw new Error("no command given");
  mkdirSync(path.dirname(options.pidFile), { recursive: true });
  mkdirSync(path.dirname(options.logFile), { recursive: true });
  const log = openSync(options.logFile, "a", 0o600);
  try {
    const child = spawn(file, args, {
      detached: true,
      stdio: ["ignore", log, log],
      cwd: options.workingDirectory ?? "/",
      env: { PATH: process.env.PATH, HOME: "/root", LANG: "C.UTF-8", ...options.env },
    });
    child.on("error", () => undefined);
    const started = child.pid === undefined ? undefined : startTimeOf(child.pid);
    if (child.pid === undefined || started === undefined) throw new Error(`${file} cannot be started`);
    writeFileSync(options.pidFile, JSON.stringify({ pid: child.pid, started } satisfies ProcessRecord));
    child.unref();
    return child.pid;
  } finally {
    closeSync(log);
  }
}

/**
 * Ends the process that a pid file names and waits until it is gone.
 *
 * @param graceSeconds - between the polite signal and the final one. @default 5
 */
export async function stopProcess(pidFile: string, graceSeconds = 5): Promise<void> {
  const pid = runningPid(pidFile);
  if (pid !== undefined) {
    signal(pid, "SIGTERM");
    const deadline = Date.now() + graceSeconds * 1000;
    while (runningPid(pidFile) !== undefined && Date.now() < deadline) await pause(30);
    if (runningPid(pidFile) !== undefined) signal(pid, "SIGKILL");
    while (runningPid(pidFile) !== undefined) await pause(20);
  }
  rmSync(pidFile, { force: true });
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {
    // Gone in between.
  }
}

/** Direct children of a process. */
export function childrenOf(pid: number): number[] {
  try {
    return readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").split(" ").filter(Boolean).map(Number);
  } catch {
    return [];
  }
}
