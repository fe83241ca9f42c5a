// SPDX-License-Identifier: Apache-2.0
/** Step generation, the pure half: which steps a decision amounts to. */
import type { Diff, Goal, ResourceState, Step } from "./types";

/** A state as a goal describes it: nothing is known of the object yet. */
export function stateOf(
  urn: string,
  goal: Goal,
  old: ResourceState | undefined,
  alias: string | undefined,
): ResourceState {
  return {
    urn,
    type: goal.type,
    custom: goal.custom,
    inputs: goal.inputs,
    parent: goal.parent || undefined,
    protect: goal.protect,
    dependencies: goal.dependencies,
    provider: goal.provider || undefined,
    propertyDependencies: goal.propertyDependencies,
    additionalSecretOutputs: goal.additionalSecretOutputs,
    aliases: alias ? [alias] : undefined,
    customTimeouts: goal.customTimeouts,
    importID: goal.importId || undefined,
    retainOnDelete: goal.retainOnDelete,
    deletedWith: goal.deletedWith || undefined,
    replaceWith: goal.replaceWith,
    created: old?.created,
    modified: old?.modified,
    ignoreChanges: goal.ignoreChanges,
    hideDiff: goal.hideDiff,
    replaceOnChanges: goal.replaceOnChanges,
    replacementTrigger: goal.replacementTrigger,
    refreshBeforeUpdate: old?.refreshBeforeUpdate,
    resourceHooks: goal.hooks,
  };
}

function base(state: ResourceState): { urn: string; type: string } {
  return { urn: state.urn, type: state.type };
}

function described(diff: Diff | undefined): Pick<Step, "keys" | "diffs" | "detailedDiff"> {
  return { keys: diff?.replaceKeys, diffs: diff?.changedKeys, detailedDiff: diff?.detailed };
}

export function sameStep(old: ResourceState, state: ResourceState): Step {
  return { op: "same", ...base(state), old, new: state, logical: true };
}

/** The old state as it is, for a resource that is not a target. */
export function untargetedStep(old: ResourceState): Step {
  return { op: "same", ...base(old), old, new: { ...old, id: undefined }, logical: true, untargeted: true };
}

/** For a resource that is not made because it is not a target. */
export function skippedStep(state: ResourceState): Step {
  return { op: "same", ...base(state), new: state, logical: true, skipped: true };
}

export function createStep(state: ResourceState): Step {
  return { op: "create", ...base(state), new: state, logical: true };
}

export function updateStep(
  old: ResourceState,
  state: ResourceState,
  details: { diff: Diff; ignoreChanges: string[] },
): Step {
  const { changedKeys, detailed } = details.diff;
  return {
    op: "update",
    ...base(state),
    old,
    new: state,
    diffs: changedKeys,
    detailedDiff: detailed,
    ignoreChanges: details.ignoreChanges,
    logical: true,
  };
}

/** A replacement that makes the new object first; the old one is deleted at the end of the run. */
export function replaceSteps(old: ResourceState, state: ResourceState, diff: Diff | undefined): Step[] {
  const common = { ...base(state), old, new: state, ...described(diff), pendingDelete: true };
  return [
    { op: "create-replacement", ...common, logical: false },
    { op: "replace", ...common, logical: true },
  ];
}

/** The second half of a replacement whose old object is gone already. */
export function recreateSteps(old: ResourceState, state: ResourceState, diff: Diff): Step[] {
  const common = { ...base(state), old, new: state, ...described(diff) };
  return [
    { op: "replace", ...common, logical: true },
    { op: "create-replacement", ...common, logical: false },
  ];
}

/** For a dependent that was deleted in front of what it depends on. */
export function recreateDependentSteps(old: ResourceState, state: ResourceState, keys: string[] | undefined): Step[] {
  const common = { ...base(state), old, new: state };
  return [
    { op: "replace", ...common, logical: true },
    { op: "create-replacement", ...common, keys, logical: false },
  ];
}

/**
 * A replacement that deletes first.
 * @param dependents - what has to go before, in dependency order
 */
export function deleteFirstSteps(
  old: ResourceState,
  state: ResourceState,
  { diff, dependents }: { diff: Diff; dependents: ResourceState[] },
): Step[] {
  const deletions = [...dependents].reverse().map((dependent) => {
    return dependent.delete ? deleteStep(dependent) : deleteReplacedStep(dependent, true);
  });
  if (!old.pendingReplacement) deletions.push(deleteReplacedStep(old, true));
  return [...deletions, ...recreateSteps(old, state, diff)];
}

export function deleteStep(old: ResourceState): Step {
  return { op: old.external ? "discard" : "delete", ...base(old), old, logical: true };
}

/**
 * The deletion half of a replacement.
 * @param pendingReplacement - the entry stays, marked, until the new object exists
 */
export function deleteReplacedStep(old: ResourceState, pendingReplacement: boolean): Step {
  const op = old.external ? "discard-replaced" : "delete-replaced";
  return { op, ...base(old), old, logical: false, pendingReplacement };
}

/** Forgets a resource whose object was deleted for a replacement that is not wanted any more. */
export function removePendingStep(old: ResourceState): Step {
  return { op: "remove-pending-replace", ...base(old), old, logical: false };
}

export function refreshStep(old: ResourceState): Step {
  return { op: "refresh", ...base(old), old, new: { ...old }, logical: false };
}

export function readSteps(old: ResourceState | undefined, state: ResourceState): Step[] {
  if (old && !old.external && old.id !== state.id) {
    const common = { ...base(state), old, new: state, pendingDelete: true };
    return [
      { op: "read-replacement", ...common, logical: false },
      { op: "replace", ...common, logical: true },
    ];
  }
  return [{ op: "read", ...base(state), old, new: state, logical: true }];
}

export function importSteps(old: ResourceState | undefined, state: ResourceState): Step[] {
  if (!old) return [{ op: "import", ...base(state), new: state, logical: true }];
  const common = { ...base(state), new: state, pendingDelete: true };
  return [
    { op: "import-replacement", ...common, original: old, logical: false },
    { op: "replace", ...common, old, logical: true },
  ];
}
