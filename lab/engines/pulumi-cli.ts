// SPDX-License-Identifier: Apache-2.0
/**
 * The Pulumi CLI, driven through the Automation API: that is Pulumi's own way of running it from a program, it ends a run in order
 * when asked to, and its events arrive as they happen. Secrets are read by the CLI's own commands, which the API has no door to.
 */
import { execFile } from "node:child_process";
import * as path from "node:path";
import { promisify } from "node:util";

import { LocalWorkspace, type Stack as PulumiStack } from "@pulumi/pulumi/automation";

import { ensureStack, loadProject } from "../engine";
import type { Deployment, EngineEvent, EngineOptions, EngineResult, StackOptions } from "../engine";

import { fromCli } from "./cli-events";
import type { EngineCommand, LabEngine } from "./index";
import { startStorageProxy } from "./storage-proxy";

/** State of a stack may be large; the CLI prints it as one document. */
const OUTPUT_LIMIT = 1024 * 1024 * 1024;

/** The environment of the CLI, on top of this process's own. */
export function cliEnvironment(options: StackOptions & Pick<EngineOptions, "env" | "pluginDirs">): NodeJS.ProcessEnv {
  return {
    ...options.env,
    PATH: [...(options.pluginDirs ?? []), process.env.PATH].join(path.delimiter),
    PULUMI_BACKEND_URL: `file://${options.backendDir}`,
    PULUMI_CONFIG_PASSPHRASE: options.passphrase,
    PULUMI_SKIP_UPDATE_CHECK: "true",
    // What is not installed is told, not fetched: a lab has no way out.
    PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true",
  };
}

async function openStack(options: StackOptions & EngineOptions, env: NodeJS.ProcessEnv = {}): Promise<PulumiStack> {
  // Made here and not by the CLI, which would write into the project's stack file instead of the one that is to be used.
  await ensureStack(options);
  const envVars = { ...cliEnvironment(options), ...env } as Record<string, string>;
  const name = `organization/${loadProject(options.projectDir).name}/${options.stack}`;
  return LocalWorkspace.selectStack({ stackName: name, workDir: options.projectDir }, { envVars });
}

/** What the run told, put together as the embedded engine does it. */
class Told {
  readonly diagnostics: string[] = [];
  private summary: Extract<EngineEvent, { event: "summary" }> | undefined;

  take(event: EngineEvent): void {
    if (event.event === "diagnostic" && event.severity === "error") this.diagnostics.push(event.message.trimEnd());
    if (event.event === "summary") this.summary = event;
  }

  result(exitCode: number, seconds: number): EngineResult {
    const resourceChanges = this.summary?.resourceChanges ?? {};
    const { same = 0, create = 0, update = 0, delete: deleted = 0, replace = 0 } = resourceChanges;
    const summary = { same, create, update, delete: deleted, replace };
    return { exitCode, summary, resourceChanges, outputs: {}, diagnostics: this.diagnostics, seconds };
  }
}

async function run(stack: PulumiStack, command: EngineCommand, options: EngineOptions & { onCliEvent: Listener }) {
  const { parallel, signal, configFile, continueOnError, targetDependents, replace, refresh } = options;
  const packs = options.policyPacks ?? [];
  const target = options.targets && options.targets.length > 0 ? options.targets : undefined;
  const common = { parallel, signal, configFile, target, targetDependents, onEvent: options.onCliEvent };
  const policies = {
    policyPacks: packs.map(({ dir }) => dir),
    policyPackConfigs: packs.flatMap(({ configFile: file }) => (file === undefined ? [] : [file])),
  };
  const making = { ...common, ...policies, replace, refresh };
  const isPreview = options.previewOnly === true;
  const { clearPendingCreates } = options;
  if (command === "preview" || (command === "up" && isPreview)) await stack.preview(making);
  else if (command === "up") await stack.up({ ...making, continueOnError });
  else if (command === "refresh" && isPreview) await stack.previewRefresh(common);
  else if (command === "refresh") await stack.refresh({ ...common, clearPendingCreates });
  else if (isPreview) await stack.previewDestroy({ ...common, refresh });
  else await stack.destroy({ ...common, refresh, continueOnError });
}

type Listener = Parameters<PulumiStack["up"]>[0] extends infer Options | undefined
  ? Options extends { onEvent?: infer OnEvent }
    ? NonNullable<OnEvent>
    : never
  : never;

async function cli(options: StackOptions, args: string[]): Promise<string> {
  const { workspace, name } = await openStack(options);
  const { stdout } = await promisify(execFile)("pulumi", [...args, "--stack", name, "--non-interactive"], {
    cwd: workspace.workDir,
    env: { ...process.env, ...workspace.envVars },
    maxBuffer: OUTPUT_LIMIT,
  });
  return stdout;
}

/** The CLI with the providers' own plugins, as {@link findCli} has found them. */
export const pulumiCli: LabEngine = {
  async operate(command, options) {
    const started = Date.now();
    const told = new Told();
    const storage = options.env?.SCW_S3_ENDPOINT;
    const proxy = storage === undefined ? undefined : await startStorageProxy(storage);
    try {
      const stack = await openStack(options, proxy?.environment);
      if (options.signal?.aborted) throw new Error(`${command} was interrupted before it began`);
      const onCliEvent: Listener = (cliEvent) => {
        const event = fromCli(cliEvent);
        if (event === undefined) return;
        told.take(event);
        options.onEvent?.(event);
      };
      const seconds = (): number => (Date.now() - started) / 1000;
      try {
        await run(stack, command, { ...options, onCliEvent });
        return told.result(0, seconds());
      } catch (error) {
        // The run's own failures have been told; anything else has only the CLI's last words.
        if (told.diagnostics.length === 0) throw error;
        return told.result(1, seconds());
      }
    } finally {
      await proxy?.close();
    }
  },
  async outputs(options, { showSecrets }) {
    const args = ["stack", "output", "--json", ...(showSecrets ? ["--show-secrets"] : [])];
    return JSON.parse(await cli(options, args)) as Record<string, unknown>;
  },
  async export(options, { showSecrets }) {
    const args = ["stack", "export", ...(showSecrets ? ["--show-secrets"] : [])];
    return (JSON.parse(await cli(options, args)) as { deployment: Deployment }).deployment;
  },
  async import(options, deployment) {
    const stack = await openStack(options);
    await stack.importStack({ version: 3, deployment });
  },
};
