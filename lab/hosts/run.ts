// SPDX-License-Identifier: Apache-2.0
import { spawn } from "node:child_process";

/** What a finished command left behind. */
export interface RunResult {
  code: number;
  stdout: string;
  stderr: string;
}

export interface RunOptions {
  /** Written to standard input; the place for anything that must not stand in the process list. */
  input?: string;
  /** Seconds until the command is killed. @default 60 */
  timeoutSeconds?: number;
  /** Added to this process's environment. */
  env?: Record<string, string>;
  cwd?: string;
  /** Called for each line of either stream as it comes. */
  onLine?: (line: string) => void;
}

/** A command that failed: says which, how, and the last lines that it wrote. */
export class CommandError extends Error {
  constructor(
    public readonly argv: string[],
    public readonly result: RunResult,
    reason: string,
  ) {
    const tail = lastLines(result.stderr.trim() === "" ? result.stdout : result.stderr, 12);
    super(`${argv.join(" ")}: ${reason}${tail === "" ? "" : `\n${tail}`}`);
    this.name = "CommandError";
  }
}

/** The last lines of a text, without empty ones. */
export function lastLines(text: string, count: number): string {
  return text
    .split("\n")
    .filter((line) => line.trim() !== "")
    .slice(-count)
    .join("\n");
}

/**
 * Runs a command without a shell and returns whatever it ended with.
 *
 * @throws CommandError if it cannot be started or exceeds its time.
 */
export function tryRun(argv: string[], options: RunOptions = {}): Promise<RunResult> {
  const [file, ...args] = argv;
  if (file === undefined) throw new Error("no command given");
  const seconds = options.timeoutSeconds ?? 60;
  return new Promise((resolve, reject) => {
    const child = spawn(file, args, {
      stdio: ["pipe", "pipe", "pipe"],
      cwd: options.cwd,
      env: { ...process.env, ...options.env },
    });
    const result: RunResult = { code: -1, stdout: "", stderr: "" };
    let late = false;
    const timer = setTimeout(() => {
      late = true;
      child.kill("SIGKILL");
    }, seconds * 1000);
    const collect = (stream: "stdout" | "stderr"): void => {
      let pending = "";
      child[stream].setEncoding("utf8").on("data", (chunk: string) => {
        result[stream] += chunk;
        if (options.onLine === undefined) return;
        const lines = (pending + chunk).split("\n");
        pending = lines.pop() ?? "";
        lines.forEach(options.onLine);
      });
    };
    collect("stdout");
    collect("stderr");
    child.on("error", (error) => {
      clearTimeout(timer);
      reject(new CommandError(argv, result, `cannot be started (${error.message})`));
    });
    child.on("close", (code, signal) => {
      clearTimeout(timer);
      if (late) return reject(new CommandError(argv, result, `not finished after ${seconds} s, killed`));
      result.code = code ?? 128 + (signal === "SIGKILL" ? 9 : 15);
      resolve(result);
    });
    // A command that ends without reading its input is judged by its exit status, not by the broken pipe.
    child.stdin.on("error", () => undefined);
    child.stdin.end(options.input ?? "");
  });
}

/**
 * Runs a command without a shell and returns its standard output.
 *
 * @throws CommandError if it cannot be started, exceeds its time or exits with anything but 0.
 */
export async function run(argv: string[], options: RunOptions = {}): Promise<string> {
  const result = await tryRun(argv, options);
  if (result.code !== 0) throw new CommandError(argv, result, `exit status ${result.code}`);
  return result.stdout;
}

/** Resolves after that many milliseconds. */
export function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
