// SPDX-License-Identifier: Apache-2.0
/** The command line of the engine. */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { resolve } from "node:path";
import { Command, InvalidArgumentError } from "commander";
import { Display } from "./display";
import type { Listener } from "./events";
import { cancel, policyAnalyze, stackExport, stackImport, stackOutput } from "./index";
import { operate } from "./operation";
import type { Command as EngineCommand, EngineOptions, PolicyPackOptions } from "./operation";
import type { StackOptions } from "./stack";
import type { Deployment, EngineEvent } from "./types";

interface CommonFlags {
  stack: string;
  cwd: string;
  configFile?: string;
}

interface PolicyFlags {
  policyPack?: string[];
  policyPackConfig?: string[];
}

interface AnalyzeFlags extends Omit<CommonFlags, "stack">, PolicyFlags {
  stack?: string;
  file?: string;
  diff?: boolean;
  json?: boolean;
}

interface RunFlags extends CommonFlags, PolicyFlags {
  parallel?: number;
  target?: string[];
  targetDependents?: boolean;
  replace?: string[];
  targetReplace?: string[];
  refresh?: boolean;
  clearPendingCreates?: boolean;
  previewOnly?: boolean;
  continueOnError?: boolean;
  pluginDir?: string[];
  diff?: boolean;
  json?: boolean;
}

function list(value: string, previous: string[] | undefined): string[] {
  return [...(previous ?? []), value];
}

function positive(value: string): number {
  const number = Number(value);
  if (!Number.isInteger(number) || number < 1) throw new InvalidArgumentError("must be a whole number from 1");
  return number;
}

function passphrase(): string {
  const { PULUMI_CONFIG_PASSPHRASE: text, PULUMI_CONFIG_PASSPHRASE_FILE: file } = process.env;
  if (text !== undefined) return text;
  if (file) return readFileSync(file, "utf8").trimEnd();
  throw new Error("the passphrase is missing: set PULUMI_CONFIG_PASSPHRASE or PULUMI_CONFIG_PASSPHRASE_FILE");
}

function backendDir(): string {
  const url = process.env.PULUMI_BACKEND_URL;
  if (!url?.startsWith("file://")) {
    throw new Error("PULUMI_BACKEND_URL must name a folder, file:///path/of/state; other backends need the Pulumi CLI");
  }
  // `file://./x` and `file://~` are relative forms that the CLI takes and URL does not.
  const rest = url.slice("file://".length);
  if (rest.startsWith("~")) return resolve((process.env.HOME ?? "") + rest.slice(1));
  return rest.startsWith("/") ? fileURLToPath(url) : resolve(rest);
}

function stackOptions(flags: CommonFlags): StackOptions {
  return {
    projectDir: resolve(flags.cwd),
    stack: flags.stack,
    configFile: flags.configFile,
    backendDir: backendDir(),
    passphrase: passphrase(),
  };
}

function policyPacks(flags: PolicyFlags): PolicyPackOptions[] {
  const packs = flags.policyPack ?? [];
  const configs = flags.policyPackConfig ?? [];
  if (configs.length > 0 && configs.length !== packs.length) {
    throw new Error("--policy-pack-config must be given as often as --policy-pack, in the same order");
  }
  return packs.map((dir, i) => ({ dir: resolve(dir), configFile: configs[i] }));
}

function runOptions(flags: RunFlags): EngineOptions {
  return {
    ...stackOptions(flags),
    parallel: flags.parallel,
    targets: [...(flags.target ?? []), ...(flags.targetReplace ?? [])],
    targetDependents: flags.targetDependents,
    replace: [...(flags.replace ?? []), ...(flags.targetReplace ?? [])],
    refresh: flags.refresh,
    clearPendingCreates: flags.clearPendingCreates,
    previewOnly: flags.previewOnly,
    continueOnError: flags.continueOnError,
    pluginDirs: flags.pluginDir?.map((dir) => resolve(dir)),
    policyPacks: policyPacks(flags),
  };
}

async function run(command: EngineCommand, flags: RunFlags): Promise<number> {
  const abort = new AbortController();
  process.on("SIGINT", () => {
    // The second Ctrl-C does not wait: what was running is reported by the next run.
    if (abort.signal.aborted) process.exit(130);
    process.stderr.write("interrupted: waiting for running operations to finish; once more to stop at once\n");
    abort.abort();
  });
  process.on("SIGTERM", () => {
    abort.abort();
  });
  const json = flags.json === true;
  const preview = command === "preview" || flags.previewOnly === true;
  const display = new Display(process.stdout, {
    preview,
    diff: flags.diff === true,
    terminal: process.stdout.isTTY && !json,
  });
  const onEvent: Listener = (event, former) => {
    if (json) process.stdout.write(`${JSON.stringify(event)}\n`);
    else display.show(event, former);
  };
  const options = runOptions(flags);
  const result = await operate(command, { ...options, onEvent, signal: abort.signal });
  if (!json) display.end(result, preview ? {} : await stackOutput(options));
  return result.exitCode;
}

async function analyze(flags: AnalyzeFlags): Promise<number> {
  const { file, stack } = flags;
  if ((file === undefined) === (stack === undefined)) throw new Error("name what to analyze: --stack or --file");
  const source =
    file === undefined
      ? { stack: stackOptions({ ...flags, stack: stack ?? "" }) }
      : { file, passphrase: process.env.PULUMI_CONFIG_PASSPHRASE };
  const display = new Display(process.stdout, {
    preview: true,
    diff: flags.diff === true,
    terminal: process.stdout.isTTY,
  });
  const onEvent = (event: EngineEvent): void => {
    if (flags.json) process.stdout.write(`${JSON.stringify(event)}\n`);
    else display.show(event);
  };
  const { resources, violated } = await policyAnalyze(source, { policyPacks: policyPacks(flags), onEvent });
  display.stop();
  if (!flags.json) process.stdout.write(`${String(resources)} resources analyzed\n`);
  if (violated) throw new Error("one or more mandatory policy violations were found");
  return 0;
}

function program(): Command {
  const root = new Command("engine").description("Runs Pulumi programs without the Pulumi CLI (for labs and tests).");
  const common = (command: Command): Command =>
    command
      .requiredOption("-s, --stack <name>", "the stack")
      .option("-C, --cwd <dir>", "the project's folder", ".")
      .option("--config-file <file>", "the stack's configuration instead of Pulumi.<stack>.yaml");
  const settle = (code: number): void => {
    process.exitCode = code;
  };
  for (const name of ["up", "preview", "refresh", "destroy"] as const) {
    const command = common(root.command(name));
    if (name === "refresh")
      command.option("--clear-pending-creates", "forget creations that a killed run has left open");
    command
      .option("-p, --parallel <n>", "operations at once", positive)
      .option("-t, --target <urn>", "only this resource (repeatable)", list)
      .option("--target-dependents", "and what depends on the targets")
      .option("--replace <urn>", "replace this resource (repeatable)", list)
      .option("--target-replace <urn>", "--target and --replace in one (repeatable)", list)
      .option("-r, --refresh", "read every object anew first")
      .option("--preview-only", "change nothing")
      .option("--continue-on-error", "go on with what does not depend on a failure")
      .option("--policy-pack <dir>", "a policy pack (repeatable)", list)
      .option("--policy-pack-config <file>", "its configuration (repeatable)", list)
      .option("--plugin-dir <dir>", "searched for plugins before PATH (repeatable)", list)
      .option("--diff", "show which properties change")
      .option("-j, --json", "one event a line")
      .option("-y, --yes", "accepted for the CLI's sake: the engine never asks")
      .option("--skip-preview", "accepted for the CLI's sake: up shows no preview")
      .action(async (flags: RunFlags) => {
        settle(await run(name, flags));
      });
  }
  common(root.command("cancel"))
    .description("removes the lock that a killed run has left")
    .action(async (flags: CommonFlags) => {
      process.stdout.write(`${String(await cancel(stackOptions(flags)))} locks removed\n`);
    });
  const policy = root.command("policy").description("policy packs without a run");
  policy
    .command("analyze")
    .description("judges what is in a state; changes nothing")
    .option("-s, --stack <name>", "the stack")
    .option("--file <file>", "a file as stack export writes it, instead of a stack")
    .option("-C, --cwd <dir>", "the project's folder", ".")
    .option("--config-file <file>", "the stack's configuration instead of Pulumi.<stack>.yaml")
    .requiredOption("--policy-pack <dir>", "a policy pack (repeatable)", list)
    .option("--policy-pack-config <file>", "its configuration (repeatable)", list)
    .option("--diff", "show what remediations would change")
    .option("-j, --json", "one event a line")
    .action(async (flags: AnalyzeFlags) => {
      settle(await analyze(flags));
    });
  const stack = root.command("stack");
  common(stack.command("output [name]"))
    .option("-j, --json", "JSON")
    .option("--show-secrets", "show secrets")
    .action(async (name: string | undefined, flags: CommonFlags & { json?: boolean; showSecrets?: boolean }) => {
      const outputs = await stackOutput(stackOptions(flags), { showSecrets: flags.showSecrets });
      process.stdout.write(outputText(outputs, name, flags.json === true));
    });
  common(stack.command("export"))
    .option("--show-secrets", "secrets as plain text")
    .action(async (flags: CommonFlags & { showSecrets?: boolean }) => {
      const deployment = await stackExport(stackOptions(flags), { showSecrets: flags.showSecrets });
      process.stdout.write(`${JSON.stringify({ version: 3, deployment }, undefined, 4)}\n`);
    });
  common(stack.command("import"))
    .option("--file <file>", "what to import; default standard input")
    .action(async (flags: CommonFlags & { file?: string }) => {
      const text = readFileSync(flags.file ?? 0, "utf8");
      const { version, deployment } = JSON.parse(text) as { version?: number; deployment?: Deployment };
      if (version !== 3 || !deployment) throw new Error('an import must read {"version": 3, "deployment": {...}}');
      await stackImport(stackOptions(flags), deployment);
    });
  return root;
}

function outputText(outputs: Record<string, unknown>, name: string | undefined, json: boolean): string {
  if (name === undefined) {
    if (json) return `${JSON.stringify(outputs, undefined, 2)}\n`;
    return Object.entries(outputs)
      .map(([key, value]) => `${key}: ${typeof value === "string" ? value : JSON.stringify(value)}\n`)
      .join("");
  }
  if (!(name in outputs))
    throw new Error(`stack output '${name}': there is none; there are: ${Object.keys(outputs).join(", ")}`);
  const value = outputs[name];
  return json || typeof value !== "string" ? `${JSON.stringify(value)}\n` : `${value}\n`;
}

program()
  .parseAsync()
  .catch((error: unknown) => {
    process.stderr.write(`error: ${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 1;
  });
