// SPDX-License-Identifier: Apache-2.0
/** Runs that are restricted to some resources. */
import { allUrns, needs } from "./graph";
import { unknownTargetText, untargetedText } from "./messages";
import type { Run } from "./run";
import * as steps from "./steps";
import type { ResourceState, Step } from "./types";
import { referenceUrn, splitReference } from "./urn";
import type { UrnFilter } from "./urn-filter";

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
 * Tells of every URN, written in full, that neither the state nor the program has.
 * @returns false when there is one
 */
export function areKnown(run: Run, targets: UrnFilter): boolean {
  const present = new Set(run.prev.map((state) => state.urn));
  const unknown = targets.literals.filter((target) => !present.has(target) && !run.urns.has(target));
  for (const target of unknown) run.events.diagnostic("error", unknownTargetText(target));
  return unknown.length === 0;
}

/**
 * Keeps what a resource needs of the old state and the program does not register itself any more; in front of it, because a
 * state lists what a resource needs before the resource.
 */
function keepOlds(run: Run, urns: readonly string[], chain: Step[]): void {
  for (const urn of urns) {
    if (run.decided.has(urn)) continue;
    const old = run.olds.get(urn);
    if (old) keep(run, old, chain);
  }
}

function keep(run: Run, state: ResourceState, chain: Step[]): void {
  run.urns.add(state.urn);
  run.decided.sames.add(state.urn);
  const { urn: provider, id } = splitReference(state.provider ?? "");
  const isOperatedOn = run.decided.has(provider) || run.decided.keeps(run.aliasedTo.get(provider) ?? provider);
  if (!isOperatedOn && run.olds.get(provider)?.id === id) keepOlds(run, [provider], chain);
  keepOlds(run, needs(state), chain);
  chain.push(steps.untargetedStep(state));
}

/** Steps that keep a resource which is not a target. @throws Stopped where its provider is not what it was */
export function untargetedChain(run: Run, old: ResourceState, urn: string): Step[] {
  if (old.provider && !run.registry.get(old.provider)) {
    throw run.fatal(
      `provider ${old.provider} for resource ${urn} has not been registered yet, this is due to a change of providers ` +
        "mixed with --target. Change your program back to the original providers",
      urn,
    );
  }
  const chain: Step[] = [];
  run.decided.sames.add(urn);
  keep(run, old, chain);
  return chain;
}

/** Steps that keep what a target needs of the old state, and the program has not registered. */
export function neededOlds(run: Run, state: ResourceState): Step[] {
  const chain: Step[] = [];
  const provider = referenceUrn(state.provider);
  if (provider) keepOlds(run, [provider], chain);
  if (run.options.targets.active) keepOlds(run, needs(state), chain);
  return chain;
}

/**
 * Refuses steps that need a resource which is not made because it is no target. A preview tells of all of them.
 * @throws Stopped in a run that is no preview
 */
export function assertTargeted(run: Run, chain: readonly Step[]): void {
  if (run.decided.skipped.size === 0) return;
  for (const { new: state, skipped, urn } of chain) {
    if (!state || skipped) continue;
    for (const needed of allUrns(state)) {
      if (!run.decided.skipped.has(needed)) continue;
      if (!run.options.preview) throw run.fatal(untargetedText(urn, needed), urn);
      run.flaw(untargetedText(urn, needed), urn);
      run.decided.skipped.delete(needed);
    }
  }
}
