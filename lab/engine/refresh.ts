// SPDX-License-Identifier: Apache-2.0
/** Reads every object anew and takes over what is found. */
import type { Executor } from "./executor";
import { needs } from "./graph";
import type { Run } from "./run";
import { Stopped } from "./run";
import * as steps from "./steps";
import { prune } from "./snapshot";
import { areKnown } from "./targets";
import type { ResourceState, Step } from "./types";

function isRefreshed(run: Run, state: ResourceState): boolean {
  const { targets, targetDependents } = run.options;
  if (!targets.active || targets.names(state.urn)) return true;
  return targetDependents && needs(state).some((urn) => run.targetsActual.has(urn) || targets.names(urn));
}

/**
 * What precedes a run: a refresh if it is asked for, else one of those objects whose provider wants it before each update.
 * @throws Stopped when a read failed or the run was interrupted
 */
export async function refreshFirst(run: Run, executor: Executor): Promise<void> {
  const whole = run.options.refreshing !== undefined;
  const asked = run.prev.filter((state) => whole || state.refreshBeforeUpdate === true);
  if (asked.length === 0) return;
  if (!areKnown(run, run.options.targets)) throw run.unknownTarget();
  await refresh(run, executor, asked);
}

/** Refreshes states that the run starts from. What could be read is kept, whatever else fails. */
async function refresh(run: Run, executor: Executor, asked: readonly ResourceState[]): Promise<void> {
  const byState = new Map<ResourceState, Step>();
  for (const state of asked) {
    if (!isRefreshed(run, state)) continue;
    run.targetsActual.add(state.urn);
    byState.set(state, steps.refreshStep(state));
  }
  const results = await Promise.allSettled([...byState.values()].map((step) => executor.execute([step])));
  const states = run.prev.flatMap((state) => {
    const step = byState.get(state);
    if (!step?.resultOp) return [state];
    return step.new ? [step.new] : [];
  });
  const pruned = prune(adopted(run.prev, states)).map(withoutEmptyDependencies);
  if (!run.options.preview) run.snapshot.rebase(pruned);
  run.rebase(pruned);
  run.targetsActual.clear();
  if (run.stopped || run.stepFailed || results.some((result) => result.status === "rejected")) throw new Stopped();
}

/** Children of what is gone belong to the nearest ancestor that is left. */
function adopted(before: readonly ResourceState[], after: ResourceState[]): ResourceState[] {
  const present = new Set(after.map((state) => state.urn));
  const parents = new Map(before.map((state) => [state.urn, state.parent]));
  return after.map((state) => {
    let { parent } = state;
    while (parent && !present.has(parent)) parent = parents.get(parent);
    return parent === state.parent ? state : { ...state, parent };
  });
}

/** A refreshed state names only the properties that depend on something. */
function withoutEmptyDependencies(state: ResourceState): ResourceState {
  const entries = Object.entries(state.propertyDependencies ?? {});
  if (entries.every(([, urns]) => urns.length > 0)) return state;
  return { ...state, propertyDependencies: Object.fromEntries(entries.filter(([, urns]) => urns.length > 0)) };
}
