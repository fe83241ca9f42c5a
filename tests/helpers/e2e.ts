// SPDX-License-Identifier: Apache-2.0
import { spawn } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Lab } from "../../lab/lab";
import { checkout, ports } from "../../lab/hosts/layout";
import { machinesOf } from "../../lab/hosts/machine";
import { countLogins, type LabStatus } from "../../lab/status";

/** Hosts need namespaces and mounts: elsewhere these tests are skipped, and `npm test` counts them as not run. */
export const describeAsRoot = process.getuid?.() === 0 ? describe : describe.skip;

export interface CliResult {
  /** 137 after SIGKILL. */
  code: number;
  stdout: string;
  /** Both streams as they came. */
  output: string;
  seconds: number;
}

export interface CliOptions {
  /** Seconds until the command is killed and the call fails. @default 300 */
  timeoutSeconds?: number;
  /** Called with each line of either stream. */
  onLine?: (line: string) => void;
}

/** A command of the lab that runs. */
export interface RunningCli {
  pid: number;
  done: Promise<CliResult>;
}

/** What the emulated account holds: counts by kind, and what is under way. */
export interface AccountCounts {
  objects: Record<string, number>;
  transitions: number;
}

/** One lab and how a person would drive it: through `npm run lab`, whose command line is started for every step. */
export class CloudUnderTest {
  readonly lab: Lab;
  /** Everything that any command has printed, in pieces. */
  readonly printed: string[] = [];
  /** Where the commands keep temporary files; nobody else does. */
  readonly temporary = join(tmpdir(), `opennebula-scaleway-${process.pid}`);
  /** Whether the first deployment came to its end; nothing after it makes sense otherwise. */
  isUp = false;

  constructor(readonly name: string) {
    this.lab = new Lab({ name });
  }

  /** Starts a command of the lab in a process group of its own. */
  start(args: string[], options: CliOptions = {}): RunningCli {
    const { timeoutSeconds = 300, onLine } = options;
    const started = Date.now();
    mkdirSync(this.temporary, { recursive: true });
    const child = spawn(
      process.execPath,
      ["--import", "tsx", join(checkout, "lab/cli.ts"), "--name", this.name, ...args],
      {
        cwd: checkout,
        detached: true,
        stdio: ["ignore", "pipe", "pipe"],
        env: { ...process.env, TMPDIR: this.temporary },
      },
    );
    const result = { stdout: "", output: "" };
    const take = (stream: "stdout" | "stderr"): ((chunk: string) => void) => {
      let rest = "";
      return (chunk) => {
        if (stream === "stdout") result.stdout += chunk;
        result.output += chunk;
        this.printed.push(chunk);
        const lines = (rest + chunk).split("\n");
        rest = lines.pop() ?? "";
        if (onLine) lines.forEach(onLine);
      };
    };
    child.stdout.setEncoding("utf8").on("data", take("stdout"));
    child.stderr.setEncoding("utf8").on("data", take("stderr"));
    let late = false;
    const timer = setTimeout(() => {
      late = true;
      this.killRun(child.pid!);
    }, timeoutSeconds * 1000);
    const done = new Promise<CliResult>((resolve, reject) => {
      child.once("error", reject);
      child.once("close", (code) => {
        clearTimeout(timer);
        const seconds = (Date.now() - started) / 1000;
        if (late) reject(new Error(`lab ${args.join(" ")}: not done after ${timeoutSeconds} s\n${result.output}`));
        else resolve({ code: code ?? 137, ...result, seconds });
      });
    });
    return { pid: child.pid!, done };
  }

  /** Runs a command of the lab and returns whatever it ended with. */
  cli(args: string[], options: CliOptions = {}): Promise<CliResult> {
    return this.start(args, options).done;
  }

  /** Runs a command of the lab that must end with 0; otherwise what it printed is the failure's text. */
  async succeed(args: string[], options: CliOptions = {}): Promise<CliResult> {
    const result = await this.cli(args, options);
    if (result.code !== 0) throw new Error(`lab ${args.join(" ")}: exit status ${result.code}\n${result.output}`);
    return result;
  }

  /**
   * Kills a run with SIGKILL: the command with its process group, and with `plugins` also what it started in groups of its own.
   * The lab's services and hosts live on, as they would if only the run had died.
   */
  killRun(pid: number, { plugins = true }: { plugins?: boolean } = {}): void {
    kill(-pid);
    if (plugins) this.runProcesses().forEach(kill);
  }

  /** Processes that belong to a run: engine, program, plugins. */
  runProcesses(): number[] {
    const mark = `OPENNEBULA_LAB_RUN=${this.lab.layout.id}`;
    return readdirSync("/proc")
      .filter((entry) => /^\d+$/.test(entry))
      .map(Number)
      .filter((pid) => readEnvironment(pid).includes(mark));
  }

  /** A call to the emulator's control interface. */
  async emulator<T>(method: string, path: string, body?: unknown): Promise<T> {
    const script = `fetch(process.argv[1], { method: process.argv[2], body: process.argv[3] })
      .then(async (answer) => { process.stdout.write(await answer.text()); process.exitCode = answer.ok ? 0 : 1; })`;
    const url = `http://127.0.0.1:${ports.emulator}/_lab/${path}`;
    const argv = [process.execPath, "-e", script, url, method, ...(body === undefined ? [] : [JSON.stringify(body)])];
    const { code, stdout, stderr } = await this.lab.onOperator(argv);
    if (code !== 0) throw new Error(`emulator ${method} ${path}: ${stdout}${stderr}`);
    return (stdout === "" ? undefined : JSON.parse(stdout)) as T;
  }

  account(): Promise<AccountCounts> {
    return this.emulator("GET", "account");
  }

  /** Calls that the emulated Scaleway has answered since the one of that number. */
  async requests(since = 0): Promise<{ number: number; method: string; path: string }[]> {
    const { requests } = await this.emulator<{ requests: { number: number; method: string; path: string }[] }>(
      "GET",
      `requests?since=${since}`,
    );
    return requests;
  }

  /** Operator's SSH logins by host since that time, seconds since 1970. Hosts without any are there too. */
  async logins(since: number): Promise<Record<string, number>> {
    const machines = machinesOf(this.lab.layout);
    const counts = await Promise.all(machines.map((entry) => countLogins([entry], since)));
    return Object.fromEntries(machines.map(({ record }, index) => [record.hostname, counts[index]!]));
  }

  /** Ends everything, whatever became of it. */
  async end(): Promise<void> {
    this.runProcesses().forEach(kill);
    if (this.lab.exists) await this.lab.down({ wipe: true });
    rmSync(this.temporary, { recursive: true, force: true });
  }

  async status(): Promise<LabStatus> {
    const { stdout } = await this.cli(["status", "--json"]);
    return JSON.parse(stdout) as LabStatus;
  }
}

function readEnvironment(pid: number): string[] {
  try {
    return readFileSync(`/proc/${pid}/environ`, "latin1").split("\0");
  } catch {
    return []; // Gone meanwhile, or a kernel thread.
  }
}

function kill(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // Gone meanwhile.
  }
}

/** Seconds since 1970. */
export function now(): number {
  return Date.now() / 1000;
}

/** Numbers in [0, 1) that a seed decides (mulberry32). */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
