// SPDX-License-Identifier: Apache-2.0
/** Runs that are restricted to some resources. */
import { allUrns, dependencyUrns } from "./graph";
import type { Run } from "./run";
import * as steps from "./steps";
import type { ResourceState, Step } from "./types";
import { referenceUrn } from "./urn";

/** True when a named target is, or depends on one with `--target-dependents`. */
export function isIncludedByOption(run: Run, state: ResourceState): boolean {
  const { targets, targetDependents } = run.options;
  if (targets.names(state.urn)) return true;
  return targetDependents && allUrns(state).some((urn) => run.targetsActual.has(urn) || targets.names(urn));
}

/** True when the run is meant for this resource. */
export function isIncluded(run: Run, state: ResourceState): boolean {
  return !run.options.targets.active || isIncludedByOption(run, state);
}

/**
 * Keeps a resource that is not a target, and in front of it what it needs of the old state and what the program does
 * not register itself any more: a state lists what a resource needs before the resource.
 */
export function untargetedChain(run: Run, old: ResourceState, urn: string): Step[] {
  const chain: Step[] = [];
  const visit = (state: ResourceState): void => {
    if (state.delete) return;
    run.urns.add(state.urn);
    run.decided.sames.add(state.urn);
    for (const dependency of [...allUrns(state), ...dependencyUrns(state)]) {
      const provider = referenceUrn(state.provider) === dependency;
      if (run.decided.has(dependency) || (provider && run.urns.has(dependency))) continue;
      const needed = run.olds.get(dependency);
      if (needed) visit(needed);
    }
    chain.push(steps.untargetedStep(state));
  };
  run.decided.sames.add(urn);
  visit(old);
  return chain;
}
