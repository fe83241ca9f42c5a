// SPDX-License-Identifier: Apache-2.0
/** Runs the engine's own step generation and execution on programs that are data, with objects in memory. */
import { BuiltinProvider } from "../../../../lab/engine/builtin-provider";
import { StateCodec } from "../../../../lab/engine/checkpoint";
import { DefaultProviders, plainGoal } from "../../../../lab/engine/default-providers";
import { Events } from "../../../../lab/engine/events";
import { Executor } from "../../../../lab/engine/executor";
import { finish } from "../../../../lab/engine/finish";
import { Generator } from "../../../../lab/engine/generator";
import { ProviderRegistry } from "../../../../lab/engine/provider-registry";
import { refreshFirst } from "../../../../lab/engine/refresh";
import { inherit } from "../../../../lab/engine/registration";
import { Run, Stopped } from "../../../../lab/engine/run";
import type { RunOptions } from "../../../../lab/engine/run";
import { Snapshot } from "../../../../lab/engine/snapshot";
import { areKnown } from "../../../../lab/engine/targets";
import type { EngineEvent, Goal, OpCounts, ResourceState } from "../../../../lab/engine/types";
import { ROOT_STACK_TYPE, makeUrn, urnName } from "../../../../lab/engine/urn";
import { UrnFilter } from "../../../../lab/engine/urn-filter";
import { UNKNOWN } from "../../../../lab/engine/values";
import type { Props } from "../../../../lab/engine/values";
import { MemoryProvider } from "./memory-provider";
import type { World } from "./memory-provider";

export const THING = "memory:index:Thing";
export const COMPONENT = "memory:index:Component";
const SCOPE = { stack: "test", project: "sim" };

/** A resource of a simulated program. Others are named by their names. */
export interface Declaration {
  name: string;
  component?: boolean;
  parent?: string;
  inputs?: Props;
  /** Inputs that are the handle of another resource. */
  refs?: Record<string, string>;
  dependsOn?: string[];
  deletedWith?: string;
  replaceWith?: string[];
  /** What else the registration asks for. */
  goal?: Partial<Goal>;
}

export interface SimulationOptions {
  preview?: boolean;
  parallel?: number;
  continueOnError?: boolean;
  targets?: string[];
  targetDependents?: boolean;
  replace?: string[];
  refresh?: boolean;
  destroy?: boolean;
  config?: Record<string, string>;
}

export interface SimulationResult {
  failed: boolean;
  states: ResourceState[];
  events: EngineEvent[];
  counts: OpCounts;
  errors: string[];
}

function runOptions(options: SimulationOptions): RunOptions {
  return {
    preview: options.preview ?? false,
    parallel: options.parallel ?? 4,
    continueOnError: options.continueOnError ?? false,
    targets: new UrnFilter(options.targets),
    targetDependents: options.targetDependents ?? false,
    replace: new UrnFilter(options.replace),
    clearPendingCreates: false,
    refreshing: options.refresh === true ? "first" : undefined,
  };
}

/** The URN of a resource that has no component around it. */
export function urnOf(name: string): string {
  return makeUrn(SCOPE, "", { type: THING, name });
}

/** Runs a program on a state. */
export async function simulate(
  world: World,
  program: readonly Declaration[],
  states: readonly ResourceState[],
  options: SimulationOptions = {},
): Promise<SimulationResult> {
  const events: EngineEvent[] = [];
  const prev = states.map((state) => ({ ...state }));
  let run: Run | undefined = undefined;
  const registry = new ProviderRegistry(
    { start: async () => new MemoryProvider(world) },
    new BuiltinProvider({ otherStack: async () => undefined, resource: (urn) => run?.news.get(urn) }),
  );
  run = new Run({
    scope: SCOPE,
    project: {
      name: "sim",
      root: "/",
      programDir: "/",
      entry: ".",
      typescript: false,
      nodeArgs: [],
      plugins: [],
      config: {},
    },
    config: { values: options.config ?? {}, secretKeys: new Set(), secretTexts: new Set() },
    options: runOptions(options),
    events: new Events((event) => events.push(event), []),
    snapshot: new Snapshot({ resources: prev, pending: [] }, new StateCodec(undefined), undefined),
    registry,
    prev,
  });
  await perform(run, program, options).catch((error: unknown) => {
    if (!(error instanceof Stopped)) throw error;
  });
  return {
    failed: run.isFailing || run.stopped,
    states: run.snapshot.lists().resources,
    events,
    counts: run.events.counts,
    errors: run.events.errors,
  };
}

async function perform(run: Run, program: readonly Declaration[], options: SimulationOptions): Promise<void> {
  const executor = new Executor(run);
  try {
    await refreshFirst(run, executor);
    if (options.destroy) return await finish(run, executor, new Set());
    if (!areKnown(run, run.options.replace)) throw run.unknownTarget();
    const generator = new Generator(run, executor);
    await register(run, generator, program);
    if (!run.stopped) await finish(run, executor, generator.deletedEarly);
  } finally {
    await executor.idle();
  }
}

/** Registers every resource as soon as what it needs is registered, as a program does. */
async function register(run: Run, generator: Generator, program: readonly Declaration[]): Promise<void> {
  const defaults = new DefaultProviders(run, generator);
  const { state: stack } = await generator.register({ ...plainGoal(ROOT_STACK_TYPE, "sim-test", {}), custom: false });
  const registered = new Map<string, Promise<ResourceState>>();
  const lookUp = async (name: string): Promise<ResourceState> => {
    const found = await registered.get(name);
    if (!found) throw new Error(`the program has no ${name} in front of what needs it`);
    return found;
  };
  const add = async (declaration: Declaration): Promise<ResourceState> => {
    const { name, component = false, parent, inputs = {}, refs = {}, dependsOn = [], goal = {} } = declaration;
    const urns = async (names: readonly string[]): Promise<string[]> =>
      Promise.all(names.map(async (other) => (await lookUp(other)).urn));
    const values: Props = { ...inputs };
    const propertyDependencies: Record<string, string[]> = {};
    for (const key of Object.keys(values)) propertyDependencies[key] = [];
    for (const [key, other] of Object.entries(refs)) {
      const { urn, outputs } = await lookUp(other);
      // What is not known yet, a preview shows as unknown; an update without it leaves it out.
      const handle = outputs?.handle ?? (run.options.preview ? UNKNOWN : undefined);
      if (handle === undefined) continue;
      values[key] = handle;
      propertyDependencies[key] = [urn];
    }
    const full: Goal = {
      ...plainGoal(component ? COMPONENT : THING, name, values),
      custom: !component,
      parent: parent === undefined ? stack.urn : (await lookUp(parent)).urn,
      propertyDependencies,
      dependencies: [...new Set([...(await urns(dependsOn)), ...Object.values(propertyDependencies).flat()])],
      deletedWith: declaration.deletedWith === undefined ? "" : (await lookUp(declaration.deletedWith)).urn,
      replaceWith: await urns(declaration.replaceWith ?? []),
      ...goal,
    };
    inherit(full, run.goals.get(full.parent));
    if (!component) full.provider ||= await defaults.get("memory", "");
    return (await generator.register(full)).state;
  };
  for (const declaration of program) {
    const work = add(declaration);
    // Whoever needs it reports what is wrong with it.
    work.catch(() => undefined);
    registered.set(declaration.name, work);
  }
  const results = await Promise.allSettled(registered.values());
  const failure = results.find((result) => result.status === "rejected");
  if (failure) throw failure.reason;
}

/** Steps in the order in which they ended, as `op name`; without what stays the same and what the engine does for itself. */
export function stepsOf({ events }: SimulationResult): string[] {
  return events.flatMap((event) =>
    event.event === "resourceOutputs" && event.type === THING && event.op !== "same"
      ? [`${event.op} ${urnName(event.urn)}`]
      : [],
  );
}
