// SPDX-License-Identifier: Apache-2.0
/** How a registration differs from the state before the run, and whether that can be updated in place. */
import { diffResource } from "./apply";
import { replaces } from "./diffing";
import { DiffUnavailable, NO_DIFF, SOME_DIFF } from "./provider";
import type { Provider } from "./provider";
import type { Run } from "./run";
import type { Diff, Goal, ResourceState } from "./types";
import { referenceUrn } from "./urn";
import { containsUnknown, equal, stripSecrets } from "./values";

/** One registration on its way through the generator. */
export interface Work {
  urn: string;
  goal: Goal;
  old: ResourceState | undefined;
  state: ResourceState;
  /** Absent for components; a provider is itself managed by the registry. */
  provider: Provider | "registry" | undefined;
  seed: Uint8Array;
  /** An error has been told that lets nothing come of the registration. */
  invalid: boolean;
}

/** True when the user wants the resource replaced, whether or not something in it changed. */
export function isForced(run: Run, urn: string, old: ResourceState | undefined): boolean {
  return (run.options.replace.active && run.options.replace.names(urn)) || old?.taint === true;
}

/** True when the value on which the resource's life depends is another one; the first value replaces nothing. */
export function isTriggered(old: ResourceState, goal: Goal): boolean {
  const [before, after] = [old.replacementTrigger, goal.replacementTrigger];
  if (containsUnknown(before) || containsUnknown(after)) return true;
  if (before === undefined || after === undefined) return false;
  return !equal(stripSecrets(before), stripSecrets(after));
}

/** Asks whoever can tell how a registration differs. */
export async function differenceOf(run: Run, work: Work, old: ResourceState): Promise<Diff> {
  const { urn, goal, state, provider } = work;
  const blame = (key: string): Diff => ({ ...SOME_DIFF, replaceKeys: [key] });
  if (isTriggered(old, goal)) return { ...SOME_DIFF, triggered: true };
  if (isForced(run, urn, old)) return blame("id");
  if (goal.replaceWith.some((other) => run.decided.replaces.has(other))) return blame("replaceWith");
  if (await isOtherProvider(run, old, state)) return blame("provider");
  const inputs = state.inputs ?? {};
  if (!provider) return equal(old.inputs ?? {}, inputs) ? NO_DIFF : SOME_DIFF;
  if (provider === "registry") return run.registry.diff(old, urn, inputs);
  try {
    return await diffResource(provider, {
      urn,
      id: old.id ?? "",
      oldInputs: old.inputs ?? {},
      oldOutputs: old.outputs ?? {},
      newInputs: inputs,
      ignoreChanges: goal.ignoreChanges,
    });
  } catch (error) {
    if (!(error instanceof DiffUnavailable)) throw error;
    run.events.diagnostic("warning", error.message, urn);
    return SOME_DIFF;
  }
}

/** A changed provider reference replaces only where the new provider says that it cannot manage what the old one made. */
async function isOtherProvider(run: Run, old: ResourceState, state: ResourceState): Promise<boolean> {
  if (old.provider === state.provider) return false;
  const before = referenceUrn(old.provider);
  const after = referenceUrn(state.provider);
  if (!before || !after || !state.provider) return true;
  if (run.aliasedTo.get(before) === after) return false;
  const oldProvider = run.olds.get(before);
  const newProvider = run.providers.get(after);
  if (!oldProvider || !newProvider) return true;
  return replaces(await run.registry.diffBetween(state.provider, oldProvider, newProvider));
}
