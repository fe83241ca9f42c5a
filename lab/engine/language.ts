// SPDX-License-Identifier: Apache-2.0
/** Runs the program with the SDK's own entry script. */
import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { createRequire } from "node:module";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { PROGRAM_PRELOADS } from "./preloads";
import type { Project, StackConfig } from "./project";
import { tied } from "./tied";

/** The code with which the script ends after it has told the error itself. */
const ALREADY_TOLD = 32;
/** How long a program may take to end after the engine has gone, in milliseconds. */
const END_LIMIT = 5_000;

export interface ProgramOptions {
  project: Project;
  stack: string;
  config: StackConfig;
  monitor: string;
  engine: string;
  preview: boolean;
  parallel: number;
  env: NodeJS.ProcessEnv;
  onLine: (line: string, stream: "stdout" | "stderr") => void;
}

/** How a program ended; `told` when the user knows the error already. */
export interface ProgramEnd {
  ok: boolean;
  told: boolean;
  message: string;
}

export class Program {
  readonly ended: Promise<ProgramEnd>;
  private readonly child: ChildProcess;

  constructor(options: ProgramOptions) {
    const { project, config, env } = options;
    const require = createRequire(join(project.programDir, "package.json"));
    const script = require.resolve("@pulumi/pulumi/cmd/run");
    // Its own process group: Ctrl-C goes to the engine, which lets running operations finish first.
    const command = [...PROGRAM_PRELOADS, ...project.nodeArgs, script, ...argumentsOf(options), project.entry];
    this.child = spawn(...tied(process.execPath, command), {
      cwd: project.programDir,
      env: { ...env, ...configEnvironment(config), ...languageEnvironment(project) },
      stdio: ["ignore", "pipe", "pipe"],
      detached: true,
    });
    for (const stream of ["stdout", "stderr"] as const) {
      const input = this.child[stream];
      if (input) createInterface({ input }).on("line", (line) => options.onLine(line, stream));
    }
    this.ended = new Promise((done) => {
      this.child.once("error", (error) => {
        done({ ok: false, told: false, message: `the program could not be started: ${error.message}` });
      });
      this.child.once("close", (code, signal) => {
        done(endOf(code, signal));
      });
    });
  }

  /** Ends the program: it is asked first, and killed after 5 s. */
  async stop(): Promise<ProgramEnd> {
    const timer = setTimeout(() => {
      this.signal("SIGKILL");
    }, END_LIMIT);
    const end = await this.ended;
    clearTimeout(timer);
    return end;
  }

  interrupt(): void {
    this.signal("SIGINT");
  }

  private signal(signal: NodeJS.Signals): void {
    if (this.child.pid === undefined || this.child.exitCode !== null) return;
    try {
      process.kill(-this.child.pid, signal);
    } catch {
      // Already gone.
    }
  }
}

function endOf(code: number | null, signal: NodeJS.Signals | null): ProgramEnd {
  if (code === 0) return { ok: true, told: false, message: "" };
  if (code === ALREADY_TOLD) return { ok: false, told: true, message: "" };
  const reason = code === null ? `was ended by ${String(signal)}` : `exited with non-zero exit code: ${String(code)}`;
  return { ok: false, told: false, message: `an unhandled error occurred: Program ${reason}` };
}

function argumentsOf(options: ProgramOptions): string[] {
  const { project, stack, monitor, engine, preview, parallel } = options;
  return [
    ...["--monitor", monitor, "--engine", engine, "--organization", "organization", "--project", project.name],
    ...["--root-directory", project.root, "--stack", stack, "--pwd", project.programDir],
    ...(preview ? ["--dry-run"] : []),
    ...["--parallel", String(parallel)],
  ];
}

function configEnvironment(config: StackConfig): NodeJS.ProcessEnv {
  const entries = Object.entries(config.values).map(([key, value]) => {
    const [namespace, ...name] = key.split(":");
    return [`${namespace ?? ""}:config:${name.join(":")}`, value] as const;
  });
  return {
    PULUMI_CONFIG: JSON.stringify(Object.fromEntries(entries)),
    PULUMI_CONFIG_SECRET_KEYS: JSON.stringify([...config.secretKeys]),
  };
}

function languageEnvironment(project: Project): NodeJS.ProcessEnv {
  return {
    PULUMI_NODEJS_TYPESCRIPT: project.typescript ? "true" : undefined,
    PULUMI_NODEJS_TSCONFIG_PATH: project.tsconfig,
  };
}
