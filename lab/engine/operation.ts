// SPDX-License-Identifier: Apache-2.0
/** The commands that work on resources: up, preview, refresh, destroy. */
import { cpus } from "node:os";
import { resolve } from "node:path";
import { BuiltinProvider } from "./builtin-provider";
import { Events } from "./events";
import type { Listener } from "./events";
import { Executor } from "./executor";
import { finish } from "./finish";
import { serveEngine } from "./monitor";
import { PluginHost } from "./plugin-host";
import { runProgram } from "./program-run";
import { Policies } from "./policy";
import type { StackConfig } from "./project";
import { providerErrorText } from "./provider-client";
import type { AnswerLimits } from "./provider-client";
import { ProviderRegistry } from "./provider-registry";
import { refreshFirst } from "./refresh";
import { Run, Stopped } from "./run";
import type { RunOptions } from "./run";
import { Snapshot } from "./snapshot";
import { Stack } from "./stack";
import { areKnown } from "./targets";
import type { OpenState, StackOptions } from "./stack";
import type { OpCounts, ResourceState } from "./types";
import { UrnFilter } from "./urn-filter";

export interface PolicyPackOptions {
  dir: string;
  /** JSON of the form `{policy: level | {enforcementLevel, ...properties}}`. */
  configFile?: string;
}

export interface EngineOptions extends StackOptions {
  /** How many operations run at once; default 4 for each CPU. */
  parallel?: number;
  /** Variables of the program and the plugins, on top of this process's own. */
  env?: Record<string, string>;
  /** Folders that are searched for plugins before PATH. */
  pluginDirs?: string[];
  onEvent?: Listener;
  /** Is told what the program registers, as it came over the wire. */
  onRegistration?: RunOptions["onRegistration"];
  /** Aborting it ends the run gracefully: running operations finish and are kept. */
  signal?: AbortSignal;
  /** URNs, `*` and `**` allowed, to which the run is restricted. */
  targets?: string[];
  targetDependents?: boolean;
  /** URNs of resources to replace although nothing in them changed. */
  replace?: string[];
  /** Read every object anew before the run. */
  refresh?: boolean;
  /** Forget creations that a killed run has left open. */
  clearPendingCreates?: boolean;
  /** Only show what a refresh, up or destroy would do. */
  previewOnly?: boolean;
  continueOnError?: boolean;
  policyPacks?: PolicyPackOptions[];
  /** How long plugins may take to answer, in milliseconds. @default a minute for first contact, 10 to answer, 6 hours to act */
  limits?: Partial<AnswerLimits>;
}

export interface EngineResult {
  exitCode: number;
  summary: { same: number; create: number; update: number; delete: number; replace: number };
  /** Every kind of step that was counted. */
  resourceChanges: OpCounts;
  /** The stack's outputs after the run, secrets opened. */
  outputs: Record<string, unknown>;
  diagnostics: string[];
  seconds: number;
}

export type Command = "up" | "preview" | "refresh" | "destroy";

function runOptions(command: Command, options: EngineOptions): RunOptions {
  return {
    preview: command === "preview" || options.previewOnly === true,
    parallel: options.parallel ?? 4 * cpus().length,
    continueOnError: options.continueOnError ?? false,
    targets: new UrnFilter(options.targets),
    targetDependents: options.targetDependents ?? false,
    replace: new UrnFilter(options.replace),
    clearPendingCreates: options.clearPendingCreates ?? false,
    onRegistration: options.onRegistration,
    refreshing: command === "refresh" ? "only" : options.refresh ? "first" : undefined,
  };
}

/** The environment of everything that the engine starts: without the passphrase, which is nobody else's. */
export function childEnvironment(own: Record<string, string> = {}): NodeJS.ProcessEnv {
  const env: NodeJS.ProcessEnv = { ...process.env, ...own };
  delete env.PULUMI_CONFIG_PASSPHRASE;
  delete env.PULUMI_CONFIG_PASSPHRASE_FILE;
  return env;
}

/** Runs a command on a stack. @throws Error for what is wrong before anything begins */
export async function operate(command: Command, options: EngineOptions): Promise<EngineResult> {
  const started = Date.now();
  const settings = runOptions(command, options);
  const stack = await Stack.open(options, { create: !settings.preview });
  const release = settings.preview ? undefined : stack.backend.lock();
  try {
    if (!settings.preview) stack.backend.recover();
    const state = await stack.read();
    const events = new Events(options.onEvent, stack.config.secretTexts);
    const run = await perform(command, { stack, state, events, settings, options });
    const failed = run.isFailing || run.interrupted;
    const exitCode = failed ? 1 : 0;
    const result = failed ? "failed" : "succeeded";
    events.emit({ event: "summary", isPreview: settings.preview, result, resourceChanges: events.counts });
    if (!settings.preview) {
      const { resources, pending } = run.snapshot.lists();
      stack.write({ resources, pending });
      stack.backend.record(historyOf(command, { started, result, events, stack }));
    }
    const outputs = await stack.outputs({ showSecrets: true });
    const { same = 0, create = 0, update = 0, delete: deleted = 0, replace = 0 } = events.counts;
    return {
      exitCode,
      summary: { same, create, update, delete: deleted, replace },
      resourceChanges: events.counts,
      outputs,
      diagnostics: events.errors,
      seconds: (Date.now() - started) / 1000,
    };
  } finally {
    release?.();
  }
}

/** The configuration without its secrets, whatever their length. */
function shownConfig({ values, secretTexts }: StackConfig): Record<string, string> {
  const shown = Object.entries(values).map(([key, value]) => {
    if (secretTexts.has(value)) return [key, "[secret]"] as const;
    let text = value;
    for (const secret of secretTexts) text = text.replaceAll(JSON.stringify(secret), '"[secret]"');
    return [key, text] as const;
  });
  return Object.fromEntries(shown);
}

function historyOf(command: Command, at: { started: number; result: string; events: Events; stack: Stack }) {
  const kind = command === "up" ? "update" : command;
  return {
    kind,
    startTime: Math.floor(at.started / 1000),
    endTime: Math.floor(Date.now() / 1000),
    result: at.result,
    message: "",
    environment: {},
    config: {},
    resourceChanges: at.events.counts as Record<string, number>,
  };
}

interface Parts {
  stack: Stack;
  state: OpenState;
  events: Events;
  settings: RunOptions;
  options: EngineOptions;
}

async function perform(command: Command, parts: Parts): Promise<Run> {
  const { stack, state, events, settings, options } = parts;
  const env = childEnvironment(options.env);
  const { config, project, codec, scope } = stack;
  events.emit({ event: "prelude", config: shownConfig(config) });

  const engine = await serveEngine(events);
  const host = new PluginHost({
    project,
    stack: stack.name,
    engineAddress: engine.address,
    pluginDirs: options.pluginDirs ?? [],
    limits: options.limits,
    env,
    onLine: (line, stream) => {
      events.diagnostic(stream === "stderr" ? "info#err" : "info", `${line}\n`);
    },
  });
  const snapshot = new Snapshot(state, codec, settings.preview ? undefined : stack.backend.journal());
  let run: Run | undefined = undefined;
  const resource = (urn: string): ResourceState | undefined => run?.news.get(urn) ?? run?.reads.get(urn);
  const registry = new ProviderRegistry(
    host,
    new BuiltinProvider({ resource, otherStack: (name) => stack.readOther(name) }),
  );
  run = new Run({ scope, project, config, options: settings, events, snapshot, registry, prev: state.resources });
  const executor = new Executor(run);
  const stopListening = listenForAbort(run, host, options.signal);
  try {
    warnOfPending(command, run, state);
    await refreshFirst(run, executor);
    if (command !== "refresh" && !areKnown(run, settings.replace)) throw run.unknownTarget();
    if (command === "up" || command === "preview") {
      run.policies = await startPolicies(run, options, { engineAddress: engine.address, env });
    }
    if (command === "destroy") await finish(run, executor, new Set());
    else if (command !== "refresh") await runProgram(run, executor, { engine: engine.address, env });
  } catch (error) {
    if (!(error instanceof Stopped)) run.fatal(providerErrorText(error));
  } finally {
    stopListening();
    await executor.idle();
    await run.policies?.stop();
    await host.stop();
    engine.server.forceShutdown();
  }
  sayEnd(run);
  return run;
}

async function startPolicies(
  run: Run,
  options: EngineOptions,
  at: { engineAddress: string; env: NodeJS.ProcessEnv },
): Promise<Policies | undefined> {
  const packs = options.policyPacks ?? [];
  if (packs.length === 0) return undefined;
  const { scope, config } = run;
  const onLine = (line: string, stream: "stdout" | "stderr"): void => {
    run.events.diagnostic(stream === "stderr" ? "info#err" : "info", `${line}\n`);
  };
  const { preview } = run.options;
  return Policies.start(
    packs.map(({ dir, configFile }) => ({ ...at, dir: resolve(dir), configFile, scope, config, preview, onLine })),
    run.events,
  );
}

function listenForAbort(run: Run, host: PluginHost, signal: AbortSignal | undefined): () => void {
  if (!signal) return () => undefined;
  const abort = (): void => {
    run.stop("interrupt");
    void host.cancel();
  };
  if (signal.aborted) abort();
  else signal.addEventListener("abort", abort, { once: true });
  return () => {
    signal.removeEventListener("abort", abort);
  };
}

/**
 * Says what a killed run has left open. Creations stay noted until somebody has looked what became of them: what may exist without
 * anybody knowing its id is not forgotten lightly, not by a refresh either.
 */
function warnOfPending(command: Command, run: Run, { pending }: OpenState): void {
  if (pending.length === 0 || run.options.preview) return;
  const list = pending.map(({ resource, type }) => `  * ${resource.urn}, interrupted while ${type}\n`).join("");
  if (command !== "refresh" && !run.options.refreshing) {
    run.events.diagnostic(
      "warning",
      `Attempting to deploy or update resources with ${String(pending.length)} pending operations from previous deployment.\n${list}` +
        "These resources are in an unknown state because the engine was interrupted while waiting for changes to these " +
        "resources to complete. Confirm with the provider whether the operations completed.",
    );
  }
  run.snapshot.forgetPending(run.options.clearPendingCreates ? [] : ["creating"]);
}

function sayEnd(run: Run): void {
  if (run.failed) return;
  const kind = run.options.preview ? "preview" : "update";
  if (run.stepFailed || run.flawed) run.events.diagnostic("error", `${kind} failed`);
  else if (run.interrupted) run.events.diagnostic("error", `${kind} canceled`);
}
