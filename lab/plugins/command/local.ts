// SPDX-License-Identifier: Apache-2.0

/** One command line on this machine. */
import { spawn } from "node:child_process";
import { constants } from "node:os";
import type { CallContext } from "../../../provider/grpc/provider";
import { OutputCollector, runError, type Printed } from "./output";
import { previousOutput, type RunOptions } from "./remote";

export interface LocalRunOptions extends RunOptions {
  /** Program and arguments before the command line; `/bin/sh -c` if not given. */
  interpreter?: string[];
  /** The plugin's own, the program's directory, if not given. */
  dir?: string;
}

/**
 * Runs a command line; a cancelled one is killed.
 *
 * @throws Error with the reason, the command line and everything that the command printed
 */
export function runLocal(commandLine: string, options: LocalRunOptions, context: CallContext): Promise<Printed> {
  const [program = "/bin/sh", ...leading] = options.interpreter?.length ? options.interpreter : ["/bin/sh", "-c"];
  const variables = previousOutput(options.previous).map(({ name, value }): [string, string] => [name, value]);
  const output = new OutputCollector(context, options.logging ?? "stdoutAndStderr");
  return new Promise((resolve, reject) => {
    const fail = (reason: string) => reject(runError(reason, commandLine, output.everything()));
    const child = spawn(program, [...leading, commandLine], {
      cwd: options.dir,
      env: { ...process.env, ...options.environment, ...Object.fromEntries(variables) },
      stdio: "pipe",
      signal: context.signal,
      killSignal: "SIGKILL",
    });
    child.stdout.on("data", (data: Buffer) => output.add("stdout", data));
    child.stderr.on("data", (data: Buffer) => output.add("stderr", data));
    child.once("error", (error: NodeJS.ErrnoException) => fail(startReason(error, program, options.dir)));
    child.once("close", (code, signal) => {
      if (code === 0) resolve(output.finish());
      else fail(signal === null ? `exit status ${code ?? 0}` : signalReason(signal));
    });
    // A command may end without reading all of its input.
    child.stdin.on("error", () => undefined);
    child.stdin.end(options.stdin ?? "");
  });
}

function startReason(error: NodeJS.ErrnoException, program: string, dir: string | undefined): string {
  if (error.name === "AbortError") return "context canceled";
  if (error.code !== "ENOENT") return error.message;
  return `${dir === undefined ? `fork/exec ${program}` : `chdir ${dir} or exec ${program}`}: no such file or directory`;
}

function signalReason(signal: NodeJS.Signals): string {
  const words: Partial<Record<NodeJS.Signals, string>> = {
    SIGKILL: "killed",
    SIGTERM: "terminated",
    SIGINT: "interrupt",
  };
  return `signal: ${words[signal] ?? `signal ${constants.signals[signal]}`}`;
}
