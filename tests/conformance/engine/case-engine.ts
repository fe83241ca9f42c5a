// SPDX-License-Identifier: Apache-2.0
/** What runs the steps of a case: this repository's engine, or Pulumi's own command line. */
import { spawn } from "node:child_process";
import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { cancel, destroy, preview, refresh, stackExport, stackOutput, up } from "../../../lab/engine";
import type { Deployment, EngineEvent, EngineOptions } from "../../../lab/engine";
import { fromCli } from "../../../lab/engines/cli-events";
import { cliEnvironment } from "../../../lab/engines/pulumi-cli";
import { checkout, programCommand } from "../../../lab/hosts/layout";
import { readLines } from "./recording";
import type { StepSpec } from "./recording";

const COMMANDS = { up, preview, refresh, destroy };

/** When a run gets a signal: as soon as `isTime` says so. */
export interface Disturbance {
  signal: "INT" | "KILL";
  isTime: () => boolean;
}

export interface CaseEngine {
  /** @returns the exit code */
  run(
    step: StepSpec,
    options: EngineOptions,
    at: { events: EngineEvent[]; disturbance?: Disturbance },
  ): Promise<number>;
  cancel(options: EngineOptions): Promise<unknown>;
  outputs(options: EngineOptions, showSecrets: boolean): Promise<Record<string, unknown>>;
  export(options: EngineOptions): Promise<Deployment>;
}

interface Ended {
  code: number;
  text: string;
}

/** Runs a command line to its end, and sends it a signal when it is time. */
async function runProcess(
  [file = "", ...args]: string[],
  at: { cwd: string; env: NodeJS.ProcessEnv; disturbance?: Disturbance },
): Promise<Ended> {
  const child = spawn(file, args, { cwd: at.cwd, env: at.env, stdio: ["ignore", "pipe", "inherit"] });
  let text = "";
  child.stdout.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
  const ended = new Promise<number>((done, fail) => {
    child.once("error", fail);
    child.once("close", (code, name) => done(code ?? (name === "SIGKILL" ? 137 : 130)));
  });
  const { disturbance } = at;
  const timer = setInterval(() => {
    if (!disturbance?.isTime()) return;
    clearInterval(timer);
    setTimeout(() => child.kill(`SIG${disturbance.signal}`), 1000);
  }, 100);
  try {
    return { code: await ended, text };
  } finally {
    clearInterval(timer);
  }
}

function environment(options: EngineOptions): NodeJS.ProcessEnv {
  return {
    ...process.env,
    ...options.env,
    PULUMI_CONFIG_PASSPHRASE: options.passphrase,
    PULUMI_BACKEND_URL: `file://${options.backendDir}`,
  };
}

/** This repository's engine: in this process, or in one of its own where that gets a signal. */
export const embedded: CaseEngine = {
  async run(step, options, { events, disturbance }) {
    if (!disturbance) {
      const onEvent = (event: EngineEvent): void => void events.push(event);
      return (await COMMANDS[step.command]({ ...options, onEvent })).exitCode;
    }
    const plugins = (options.pluginDirs ?? []).flatMap((dir) => ["--plugin-dir", dir]);
    const flags = ["-s", options.stack, "-C", options.projectDir, "-p", String(step.parallel), "--json", ...plugins];
    const command = [...programCommand(join(checkout, "lab/engine/main.ts")), step.command, ...flags];
    const { code, text } = await runProcess(command, { cwd: checkout, env: environment(options), disturbance });
    for (const line of text.split("\n").filter(Boolean)) events.push(JSON.parse(line) as EngineEvent);
    return code;
  },
  cancel,
  outputs: (options, showSecrets) => stackOutput(options, { showSecrets }),
  export: (options) => stackExport(options, { showSecrets: true }),
};

/** Pulumi's own command line, from PATH. It finds plugins on PATH too. */
export const pulumiCli: CaseEngine = {
  async run(step, options, { events, disturbance }) {
    await pulumi(options, ["stack", "select", "--create", options.stack]);
    const packs = (options.policyPacks ?? []).flatMap(({ dir, configFile }) => [
      ...["--policy-pack", dir],
      ...(configFile ? ["--policy-pack-config", configFile] : []),
    ]);
    const isPreview = step.command === "preview" || step.args?.includes("--preview-only") === true;
    const flags = [...(isPreview ? [] : ["--yes", "--skip-preview"]), ...(step.args ?? []), ...packs];
    const command = [step.command, "--stack", options.stack, "--parallel", String(step.parallel), ...flags];
    const log = join(options.backendDir, "events.jsonl");
    rmSync(log, { force: true });
    const { code } = await pulumi(options, [...command, "--event-log", log], disturbance);
    const told = readLines(log).map((line) => fromCli(line as unknown as Parameters<typeof fromCli>[0]));
    events.push(...told.filter((event) => event !== undefined));
    return code;
  },
  cancel: (options) => pulumi(options, ["cancel", "--yes", "--stack", options.stack]),
  async outputs(options, showSecrets) {
    const flags = showSecrets ? ["--show-secrets"] : [];
    const { text } = await pulumi(options, ["stack", "output", "--json", "--stack", options.stack, ...flags]);
    return JSON.parse(text) as Record<string, unknown>;
  },
  async export(options) {
    const { text } = await pulumi(options, ["stack", "export", "--show-secrets", "--stack", options.stack]);
    return (JSON.parse(text) as { deployment: Deployment }).deployment;
  },
};

function pulumi(options: EngineOptions, args: string[], disturbance?: Disturbance): Promise<Ended> {
  const home = join(options.backendDir, "home");
  mkdirSync(home, { recursive: true });
  // The event log is an option for programs that drive the CLI; it is there only if they say so.
  const ours = { PULUMI_HOME: home, PULUMI_DEBUG_COMMANDS: "true" };
  const env = { ...process.env, ...cliEnvironment(options), ...ours };
  return runProcess(["pulumi", "--non-interactive", ...args], { cwd: options.projectDir, env, disturbance });
}
