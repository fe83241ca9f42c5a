// SPDX-License-Identifier: Apache-2.0
/** Reads every object anew and takes over what is found. */
import type { Executor } from "./executor";
import { allUrns } from "./graph";
import type { Run } from "./run";
import { Stopped } from "./run";
import * as steps from "./steps";
import { prune } from "./snapshot";
import type { ResourceState, Step } from "./types";

function isRefreshed(run: Run, state: ResourceState): boolean {
  const { targets, targetDependents } = run.options;
  if (!targets.active || targets.names(state.urn)) return true;
  return targetDependents && allUrns(state).some((urn) => run.targetsActual.has(urn) || targets.names(urn));
}

/**
 * Refreshes the state that the run starts from. What was read before an error is kept.
 * @throws Stopped when a read failed or the run was interrupted
 */
export async function refresh(run: Run, executor: Executor): Promise<void> {
  const byState = new Map<ResourceState, Step>();
  for (const state of run.prev) {
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
  const pruned = prune(states).map(withoutEmptyDependencies);
  if (!run.options.preview) run.snapshot.rebase(pruned);
  run.rebase(pruned);
  if (run.stopped || run.stepFailed || results.some((result) => result.status === "rejected")) throw new Stopped();
}

/** A refreshed state names only the properties that depend on something. */
function withoutEmptyDependencies(state: ResourceState): ResourceState {
  const entries = Object.entries(state.propertyDependencies ?? {});
  if (entries.every(([, urns]) => urns.length > 0)) return state;
  return { ...state, propertyDependencies: Object.fromEntries(entries.filter(([, urns]) => urns.length > 0)) };
}
