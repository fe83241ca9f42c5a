// SPDX-License-Identifier: Apache-2.0
/** Whole-program tests: a program, deployed or previewed by the engine on a state of its own, and what came of it. */
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { stringify } from "yaml";
import { destroy, preview, refresh, stackExport, up } from "./index";
import type { EngineEvent, EngineOptions, EngineResult, ResourceState } from "./index";
import type { Op } from "./types";
import { urnName } from "./urn";

const CHECKOUT = resolve(__dirname, "../..");

/** Credentials of nobody: the stand-in for Scaleway wants some before it plans, and a preview makes no call. */
export const NOBODY: Readonly<Record<string, string>> = {
  SCW_ACCESS_KEY: "SCWXXXXXXXXXXXXXXXXX",
  SCW_SECRET_KEY: "00000000-0000-4000-8000-000000000000",
  SCW_DEFAULT_ORGANIZATION_ID: "00000000-0000-4000-8000-000000000000",
  SCW_DEFAULT_PROJECT_ID: "00000000-0000-4000-8000-000000000000",
  SCW_CONFIG_PATH: "/nonexistent",
};

export interface ProgramOptions {
  /** Folder of the project. @default a new one with `files` in it */
  projectDir?: string;
  /** Files of a project made for the test, by path; `index.js` is the program unless Pulumi.yaml says otherwise. */
  files?: Record<string, string>;
  /** @default "test" */
  stack?: string;
  /** The stack's configuration by full key. @default that of the project's own file for the stack */
  config?: Record<string, unknown>;
  /** @default the lab's stand-ins */
  pluginDirs?: string[];
  env?: Record<string, string>;
  /** Is told what the program registers, as it came over the wire. */
  onRegistration?: EngineOptions["onRegistration"];
}

/** One thing that a run did, or a preview would do, to one resource. */
export interface StepDone {
  op: Op;
  urn: string;
  type: string;
  name: string;
}

/** What came of a run. */
export class ProgramResult {
  constructor(
    readonly result: EngineResult,
    readonly events: readonly EngineEvent[],
    /** The state after the run, secrets encrypted. */
    readonly resources: readonly ResourceState[],
  ) {}

  /** Steps in the order in which they ended; what stays the same is left out. */
  get steps(): StepDone[] {
    const seen = new Set<string>();
    return this.events.flatMap((event) => {
      if (event.event !== "resourceOutputs" || event.op === "same" || seen.has(`${event.op} ${event.urn}`)) return [];
      seen.add(`${event.op} ${event.urn}`);
      const { op, urn, type } = event;
      return [{ op, urn, type, name: urnName(urn) }];
    });
  }

  /** URNs of everything that the program registers. */
  get urns(): string[] {
    const registered = this.events.filter((event) => event.event === "resourceOutputs" && event.op !== "delete");
    return [...new Set(registered.map((event) => ("urn" in event ? (event.urn ?? "") : "")))].sort();
  }

  /** The state of a resource. @throws Error when there is none or more than one of this name */
  resource(name: string): ResourceState {
    const found = this.resources.filter((state) => urnName(state.urn) === name);
    if (found.length !== 1) throw new Error(`${String(found.length)} resources in the state have the name ${name}`);
    return found[0]!;
  }

  /** @throws Error with what the run complained of, unless it succeeded */
  succeeded(): this {
    if (this.result.exitCode !== 0) throw new Error(`the run failed:\n${this.result.diagnostics.join("\n")}`);
    return this;
  }

  /** @throws Error that lists the steps where the run did anything */
  unchanged(): this {
    const list = this.steps.map(({ op, urn }) => `\n  ${op} ${urn}`).join("");
    if (list) throw new Error(`the run was to change nothing, but:${list}`);
    return this.succeeded();
  }

  /** Where a text that must not be seen is seen: in the state's plain part, an event, or a message. */
  sightings(secret: string): string[] {
    const states = this.resources
      .filter((state) => JSON.stringify(state).includes(secret))
      .map(({ urn }) => `state of ${urn}`);
    const events = this.events
      .filter((event) => JSON.stringify(event).includes(secret))
      .map(({ event }) => `event ${event}`);
    return [...states, ...events];
  }
}

/** A stack of a program under test; its state lives until `dispose`. */
export class ProgramStack {
  private readonly folder = mkdtempSync(join(tmpdir(), "opennebula-scaleway-program-"));
  private readonly options: EngineOptions;

  constructor({
    projectDir,
    files = {},
    stack = "test",
    config,
    pluginDirs,
    env = {},
    onRegistration,
  }: ProgramOptions) {
    const project = projectDir ?? join(this.folder, "project");
    if (projectDir === undefined) makeProject(project, files);
    let configFile: string | undefined;
    if (config !== undefined || projectDir === undefined) {
      configFile = join(this.folder, `Pulumi.${stack}.yaml`);
      writeFileSync(configFile, stringify({ config: config ?? {} }));
    }
    this.options = {
      projectDir: project,
      stack,
      configFile,
      backendDir: join(this.folder, "state"),
      passphrase: "test",
      pluginDirs: pluginDirs ?? [join(CHECKOUT, "lab/plugins/bin")],
      env: { ...NOBODY, ...env },
      onRegistration,
    };
  }

  deploy(options: Partial<EngineOptions> = {}): Promise<ProgramResult> {
    return this.run(up, options);
  }

  preview(options: Partial<EngineOptions> = {}): Promise<ProgramResult> {
    return this.run(preview, options);
  }

  refresh(options: Partial<EngineOptions> = {}): Promise<ProgramResult> {
    return this.run(refresh, options);
  }

  destroy(options: Partial<EngineOptions> = {}): Promise<ProgramResult> {
    return this.run(destroy, options);
  }

  /** Where a file of the project is. */
  path(name: string): string {
    return join(this.options.projectDir, name);
  }

  /** Changes files of a project made for the test. */
  edit(files: Record<string, string>): void {
    writeFiles(this.options.projectDir, files);
  }

  /** The state with its secrets. */
  async openedState(): Promise<readonly ResourceState[]> {
    const { resources = [] } = await stackExport(this.options, { showSecrets: true });
    return resources;
  }

  dispose(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }

  private async run(command: typeof up, changes: Partial<EngineOptions>): Promise<ProgramResult> {
    const events: EngineEvent[] = [];
    const options = { ...this.options, ...changes };
    const result = await command({ ...options, onEvent: (event) => events.push(event) });
    const { resources = [] } = await stackExport(options);
    return new ProgramResult(result, events, resources);
  }
}

function writeFiles(folder: string, files: Record<string, string>): void {
  for (const [name, content] of Object.entries(files)) {
    const path = join(folder, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, content);
  }
}

function makeProject(folder: string, files: Record<string, string>): void {
  writeFiles(folder, {
    "Pulumi.yaml": stringify({
      name: "program",
      main: "index.js",
      runtime: { name: "nodejs", options: { typescript: false } },
    }),
    "package.json": JSON.stringify({ name: "program", private: true }),
    ...files,
  });
  symlinkSync(join(CHECKOUT, "node_modules"), join(folder, "node_modules"));
}

/** Deploys a program on an empty state. The caller disposes of `stack`. */
export async function deployProgram(options: ProgramOptions): Promise<{ stack: ProgramStack; result: ProgramResult }> {
  const stack = new ProgramStack(options);
  return { stack, result: await stack.deploy() };
}

/** Previews a program on an empty state. */
export async function previewProgram(options: ProgramOptions): Promise<ProgramResult> {
  const stack = new ProgramStack(options);
  try {
    return await stack.preview();
  } finally {
    stack.dispose();
  }
}
