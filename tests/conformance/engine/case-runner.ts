// SPDX-License-Identifier: Apache-2.0
/** Runs a recorded case on this engine, in a folder of its own. */
import { spawnSync } from "node:child_process";
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { stringify } from "yaml";
import type { Deployment, EngineEvent, EngineOptions } from "../../../lab/engine";
import { newSalt } from "../../../lab/engine/secrets";
import { embedded } from "./case-engine";
import type { CaseEngine, Disturbance } from "./case-engine";
import { CASES_DIR, readLines } from "./recording";
import type { ConfigValue, Recording, StepRecording } from "./recording";

const REPOSITORY = resolve(__dirname, "../../..");
const PASSPHRASE = "test";
/** The same for every case: deriving a key from a passphrase takes half a second. */
const SALT = newSalt(PASSPHRASE);
const TSCONFIG = {
  compilerOptions: {
    strict: true,
    target: "ES2022",
    module: "nodenext",
    moduleResolution: "nodenext",
    skipLibCheck: true,
    types: ["node"],
  },
};

/** What a step came to. */
export interface Actual {
  exitCode: number;
  events: EngineEvent[];
  outputs: Record<string, unknown>;
  outputsWithSecrets: Record<string, unknown>;
  state: { deployment: Deployment };
  calls: Record<string, unknown>[];
  /** Folder of the project, which messages may name. */
  project: string;
}

export class CaseRunner {
  private readonly root = mkdtempSync(join(tmpdir(), "engine-case-"));
  private readonly project = join(this.root, "project");
  private readonly world = join(this.root, "world");
  private readonly backendDir = join(this.root, "state");
  private callsSeen = 0;

  private constructor(
    private readonly recording: Recording,
    private readonly engine: CaseEngine,
  ) {}

  static async create(recording: Recording, engine: CaseEngine = embedded): Promise<CaseRunner> {
    const runner = new CaseRunner(recording, engine);
    await runner.prepare();
    return runner;
  }

  private async prepare(): Promise<void> {
    const { spec } = this.recording;
    mkdirSync(this.project, { recursive: true });
    mkdirSync(this.world);
    const write = (name: string, content: string): void => {
      writeFileSync(join(this.project, name), content);
    };
    write("Pulumi.yaml", stringify({ name: spec.project, runtime: "nodejs" }));
    write("package.json", JSON.stringify({ name: "conf", private: true, main: "index.ts" }));
    write("tsconfig.json", JSON.stringify(TSCONFIG));
    for (const file of ["dyn.ts", "conf.ts"]) cpSync(join(CASES_DIR, "common", file), join(this.project, file));
    symlinkSync(join(REPOSITORY, "node_modules"), join(this.project, "node_modules"));
    await this.writeConfig(spec.stack, spec.config ?? {});
  }

  private async writeConfig(stack: string, config: Record<string, ConfigValue>): Promise<void> {
    const { salt, crypter } = await SALT;
    const values: Record<string, unknown> = {};
    for (const [key, entry] of Object.entries(config)) {
      const { value, secret, path } = typeof entry === "string" ? { value: entry, secret: false, path: false } : entry;
      const stored = secret ? { secure: crypter.encrypt(value) } : value;
      const full = key.includes(":") ? key : `${this.recording.spec.project}:${key}`;
      if (path) setPath(values, full, stored);
      else values[full] = stored;
    }
    writeFileSync(join(this.project, `Pulumi.${stack}.yaml`), stringify({ encryptionsalt: salt, config: values }));
  }

  private optionsFor(step: StepRecording): EngineOptions {
    const { spec } = step;
    const compileError = JSON.stringify(step.expected.events).includes("TSError");
    const packs = (spec.policyPacks ?? []).map((name) => join(this.project, name));
    return {
      projectDir: this.project,
      stack: spec.stack ?? this.recording.spec.stack,
      backendDir: this.backendDir,
      passphrase: PASSPHRASE,
      parallel: spec.parallel,
      // A recorded compile error can only come from a program whose types are checked.
      env: { CONF_WORLD: this.world, PULUMI_NODEJS_TRANSPILE_ONLY: compileError ? "false" : "true" },
      pluginDirs: [join(CASES_DIR, "common/plugin"), join(REPOSITORY, "lab/plugins/bin")],
      policyPacks: packs.map((dir) => {
        const file = join(dir, "config.json");
        return { dir, configFile: existsSync(file) ? file : undefined };
      }),
      ...flagsOf(spec.args ?? []),
    };
  }

  /** Runs one step. */
  async run(step: StepRecording): Promise<Actual> {
    const { spec } = step;
    for (const name of readdirSync(step.dir)) {
      if (!/^(expected|state)\.json$|\.jsonl$/.test(name))
        cpSync(join(step.dir, name), join(this.project, name), { recursive: true });
    }
    this.changeWorld(spec.worldBefore ?? {});
    if (spec.shellBefore) spawnSync("sh", ["-c", spec.shellBefore]);
    const options = this.optionsFor(step);
    if (spec.cancelBefore) await this.engine.cancel(options);
    const events: EngineEvent[] = [];
    const exitCode = await this.engine.run(spec, options, { events, disturbance: this.disturbanceOf(step) });
    const calls = readLines(join(this.world, "calls.jsonl"));
    const seen = this.callsSeen;
    this.callsSeen = calls.length;
    return {
      exitCode,
      events,
      outputs: await this.engine.outputs(options, false),
      outputsWithSecrets: await this.engine.outputs(options, true),
      state: { deployment: await this.engine.export(options) },
      calls: calls.slice(seen),
      project: this.project,
    };
  }

  private changeWorld(changes: Record<string, object | null>): void {
    for (const [name, change] of Object.entries(changes)) {
      const file = join(this.world, name);
      if (change === null) rmSync(file, { force: true });
      else {
        const old = existsSync(file) ? (JSON.parse(readFileSync(file, "utf8")) as object) : {};
        writeFileSync(file, JSON.stringify({ ...old, ...change }));
      }
    }
  }

  /** A signal comes in the middle of a creation. */
  private disturbanceOf({ spec: { signal } }: StepRecording): Disturbance | undefined {
    if (!signal) return undefined;
    const isTime = (): boolean =>
      readLines(join(this.world, "calls.jsonl")).some((line) => isCreation(line, signal.creating));
    return { signal: signal.name, isTime };
  }

  remove(): void {
    rmSync(this.root, { recursive: true, force: true });
  }
}

function isCreation(line: Record<string, unknown>, label: string | undefined): boolean {
  return line.method === "create" && (line.inputs as { label?: string } | undefined)?.label === label;
}

function flagsOf(args: string[]): Partial<EngineOptions> {
  const flags: Partial<EngineOptions> = {};
  const targets: string[] = [];
  const replace: string[] = [];
  for (let i = 0; i < args.length; i += 1) {
    const flag = args[i];
    const value = args[i + 1] ?? "";
    if (flag === "--target" || flag === "--target-replace") targets.push(value);
    if (flag === "--replace" || flag === "--target-replace") replace.push(value);
    if (["--target", "--replace", "--target-replace"].includes(flag ?? "")) i += 1;
    else if (flag === "--target-dependents") flags.targetDependents = true;
    else if (flag === "--refresh") flags.refresh = true;
    else if (flag === "--preview-only") flags.previewOnly = true;
    else if (flag === "--continue-on-error") flags.continueOnError = true;
    // How a run is shown is not part of what it does.
    else if (flag !== "--diff" && flag !== "--json")
      throw new Error(`the recording uses ${String(flag)}, which this runner does not know`);
  }
  return { ...flags, targets, replace };
}

/** Sets `a.b[0]` inside a configuration value. */
function setPath(values: Record<string, unknown>, path: string, value: unknown): void {
  const [namespace = "", rest = ""] = path.split(":");
  const parts = rest.split(/[.[\]]/).filter(Boolean);
  let at: Record<string, unknown> | unknown[] = values;
  parts.forEach((part, i) => {
    const key = i === 0 ? `${namespace}:${part}` : part;
    const last = i === parts.length - 1;
    const next = last ? value : ((at as Record<string, unknown>)[key] ?? (/^\d+$/.test(parts[i + 1] ?? "") ? [] : {}));
    (at as Record<string, unknown>)[key] = next;
    at = next as Record<string, unknown>;
  });
}
