// SPDX-License-Identifier: Apache-2.0
/** What follows when the program is through: everything that it does not ask for any more is deleted. */
import { cascadingReplacements, dependentReplacements } from "./dependents";
import type { Executor } from "./executor";
import { deletionWaves, dependencyUrns, dependentsOf } from "./graph";
import { Stopped } from "./run";
import type { Run } from "./run";
import * as steps from "./steps";
import { areKnown } from "./targets";
import type { ResourceState, Step } from "./types";

/** URNs that may be deleted in a run with targets: those, what depends on them, and their children. */
async function allowedDeletions(run: Run): Promise<Set<string> | undefined> {
  const { targets } = run.options;
  if (!targets.active) return undefined;
  const allowed = new Set<string>();
  for (const state of run.prev.filter(({ urn }) => targets.names(urn))) {
    allowed.add(state.urn);
    for (const dependent of dependentsOf(run.prev, state, { ignore: new Set(), children: true }))
      allowed.add(dependent.urn);
  }
  // Whatever goes is asked about, as a deletion in front of a replacement is.
  for (const state of run.prev.filter(({ urn }) => allowed.has(urn))) {
    const alongside = [...(await dependentReplacements(run, state)), ...cascadingReplacements(run, state.urn)];
    for (const dependent of alongside) allowed.add(dependent.state.urn);
  }
  return allowed;
}

/** True when this run has looked after the object, under its present name. */
function isKept(run: Run, urn: string): boolean {
  return run.decided.keeps(run.aliasedTo.get(urn) ?? urn);
}

interface Plan {
  kept: Step[];
  deletions: Step[];
}

async function plan(run: Run, deletedEarly: ReadonlySet<ResourceState>): Promise<Plan> {
  const allowed = await allowedDeletions(run);
  const result: Plan = { kept: [], deletions: [] };
  for (const state of run.prev) {
    const kept = isKept(run, state.urn);
    if (allowed && !allowed.has(state.urn)) {
      if (!kept && !state.delete) result.kept.push(steps.untargetedStep(state));
      continue;
    }
    if (state.delete) {
      if (deletedEarly.has(state)) continue;
      run.decided.deletes.add(state.urn);
      result.deletions.push(steps.deleteReplacedStep(state, false));
    } else if (!kept) {
      run.decided.deletes.add(state.urn);
      result.deletions.push(state.pendingReplacement ? steps.removePendingStep(state) : steps.deleteStep(state));
    }
  }
  return result;
}

/** True when nothing is deleted that the user has not named. */
function isNamed(run: Run, deletions: readonly Step[]): boolean {
  const { targets, targetDependents, preview } = run.options;
  if (!targets.active || targetDependents) return true;
  let named = true;
  for (const { urn } of deletions) {
    if (targets.names(urn)) continue;
    run.flaw(
      `Resource '${urn}' will be destroyed but was not specified in --target list.\n` +
        "Either include resource in --target list or pass --target-dependents to proceed.",
      urn,
    );
    named = preview;
  }
  return named;
}

/** States that something still stands on whose deletion has failed. */
function heldBack(run: Run, broken: ReadonlySet<string>): Set<ResourceState> {
  const held = new Set<ResourceState>();
  const needed = new Set(broken);
  for (const state of [...run.prev].reverse()) {
    if (!needed.has(state.urn)) continue;
    if (!broken.has(state.urn)) held.add(state);
    for (const urn of dependencyUrns(state)) needed.add(urn);
    if (state.parent) needed.add(state.parent);
  }
  return held;
}

/**
 * Deletes what is not wanted any more, dependents first.
 * @throws Stopped when the run ends first
 */
export async function finish(run: Run, executor: Executor, deletedEarly: ReadonlySet<ResourceState>): Promise<void> {
  // An unknown target fails the run, but what the known ones ask for is done.
  if (!areKnown(run, run.options.targets)) run.failed = true;
  const { kept, deletions } = await plan(run, deletedEarly);
  if (!isNamed(run, deletions)) return;
  if (kept.length > 0) await executor.execute(kept);
  const byState = new Map<ResourceState, Step>();
  for (const step of deletions) if (step.old) byState.set(step.old, step);
  for (const wave of deletionWaves(run.prev, new Set(byState.keys()))) {
    if (run.stopped) throw new Stopped();
    const held = heldBack(run, executor.broken);
    const chains = wave.filter((state) => !held.has(state)).map((state) => byState.get(state));
    const results = await Promise.allSettled(
      chains.map((step) => (step ? executor.execute([step]) : Promise.resolve())),
    );
    const failed = results.find((result) => result.status === "rejected");
    if (failed) throw failed.reason;
  }
}
