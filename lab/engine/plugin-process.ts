// SPDX-License-Identifier: Apache-2.0
/** Plugin processes: where their executables are, how they start and how they end. */
import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { accessSync, constants, statSync } from "node:fs";
import { delimiter, join } from "node:path";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { mourn } from "./tied";

/** How long a plugin may take until it has printed its port, in milliseconds. */
const START_LIMIT = 60_000;
/** How long a plugin may take to end after it was asked to, in milliseconds. */
const END_LIMIT = 2_000;

export type LineSink = (line: string, stream: "stdout" | "stderr") => void;

export interface PluginCommand {
  /** What messages call it. */
  label: string;
  file: string;
  args: string[];
  cwd: string;
  env: NodeJS.ProcessEnv;
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}

/** The first folder's executable of this name. */
export function findExecutable(name: string, folders: readonly string[]): string | undefined {
  return folders.map((folder) => join(folder, name)).find(isExecutable);
}

/** Folders of a PATH variable. */
export function pathFolders(path: string | undefined): string[] {
  return (path ?? "").split(delimiter).filter(Boolean);
}

/** A started plugin that serves gRPC. */
export class PluginProcess {
  private ended = false;

  private constructor(
    readonly label: string,
    readonly address: string,
    private readonly child: ChildProcess,
    private readonly exit: Promise<string>,
  ) {
    void exit.then(() => (this.ended = true));
  }

  /** Why the process ended, once it has. */
  get whenEnded(): Promise<string> {
    return this.exit;
  }

  get hasEnded(): boolean {
    return this.ended;
  }

  /**
   * Starts a plugin and waits for its port.
   * @throws Error when it ends, prints something else than a port first, or stays silent for a minute
   */
  static async start(command: PluginCommand, onLine: LineSink): Promise<PluginProcess> {
    // Its own process group: Ctrl-C goes to the engine alone, which lets running operations finish.
    const child = spawn(command.file, command.args, {
      cwd: command.cwd,
      env: command.env,
      stdio: ["ignore", "pipe", "pipe"],
      detached: true,
    });
    const exit = new Promise<string>((done) => {
      child.once("error", (error) => {
        done(`could not be started: ${error.message}`);
      });
      child.once("exit", (code, signal) => {
        done(signal ? `was ended by ${signal}` : `ended with code ${String(code)}`);
      });
    });
    void exit.then(mourn(child.pid));
    forwardLines(child.stderr, (line) => {
      onLine(line, "stderr");
    });
    try {
      const port = await firstPort(command.label, child, exit, (line) => {
        onLine(line, "stdout");
      });
      return new PluginProcess(command.label, `127.0.0.1:${String(port)}`, child, exit);
    } catch (error) {
      signalGroup(child, "SIGKILL");
      throw error;
    }
  }

  /** Ends the process: politely, then not. */
  async stop(): Promise<void> {
    if (this.ended) return;
    signalGroup(this.child, "SIGTERM");
    const timer = setTimeout(() => {
      signalGroup(this.child, "SIGKILL");
    }, END_LIMIT);
    await this.exit;
    clearTimeout(timer);
  }
}

function signalGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, signal);
  } catch {
    // Already gone.
  }
}

function forwardLines(stream: Readable | null, onLine: (line: string) => void): void {
  if (stream) createInterface({ input: stream }).on("line", onLine);
}

async function firstPort(
  label: string,
  child: ChildProcess,
  exit: Promise<string>,
  onLine: (line: string) => void,
): Promise<number> {
  let timer: NodeJS.Timeout | undefined;
  const port = new Promise<number>((done, fail) => {
    let first = true;
    forwardLines(child.stdout, (line) => {
      if (!first) {
        onLine(line);
        return;
      }
      first = false;
      const value = Number(line.trim());
      if (Number.isInteger(value) && value > 0 && value < 65536) done(value);
      else fail(new Error(`${label} must print its port first, but printed: ${line.slice(0, 120)}`));
    });
    timer = setTimeout(() => {
      fail(new Error(`${label} did not print its port within ${String(START_LIMIT / 1000)} s`));
    }, START_LIMIT);
  });
  try {
    return await Promise.race([
      port,
      exit.then((reason) => Promise.reject(new Error(`${label} ${reason} before it printed its port`))),
    ]);
  } finally {
    clearTimeout(timer);
  }
}
