// SPDX-License-Identifier: Apache-2.0
/** Which dependents a replacement that deletes first must take along. */
import { diffResource } from "./apply";
import { applyReplaceOnChanges, replaces } from "./diffing";
import { dependentsOf } from "./graph";
import type { Run } from "./run";
import type { ResourceState } from "./types";
import { isProviderType, referenceUrn } from "./urn";
import { UNKNOWN } from "./values";
import type { Props } from "./values";

export interface DependentReplacement {
  state: ResourceState;
  /** The properties because of which it must be replaced. */
  keys: string[];
}

/**
 * The dependents of `root`, in dependency order, that would have to be replaced if what they take from it were unknown.
 * Those that the program has already registered in this run do not depend on it any more.
 */
export async function dependentReplacements(run: Run, root: ResourceState): Promise<DependentReplacement[]> {
  const replaced = new Set([root.urn]);
  const found: DependentReplacement[] = [];
  if (!run.prev.includes(root)) return found;
  const { creates, sames, updates, replaces: replacing, deletes, reads } = run.decided;
  const ignore = new Set([...creates, ...sames, ...updates, ...replacing, ...deletes, ...reads]);
  ignore.delete(root.urn);
  for (const state of dependentsOf(run.prev, root, { ignore, children: false })) {
    const keys = await replacementKeys(run, state, replaced);
    if (!keys) continue;
    found.push({ state, keys });
    replaced.add(state.urn);
  }
  return found;
}

/** What is replaced with a resource because it says so itself. */
export function cascadingReplacements(run: Run, urn: string): DependentReplacement[] {
  const found = new Map<string, ResourceState>();
  for (const state of [...run.news.values(), ...run.olds.values()]) {
    if (state.replaceWith?.includes(urn) && !found.has(state.urn)) found.set(state.urn, state);
  }
  return [...found.values()].map((state) => ({ state, keys: [] }));
}

async function replacementKeys(
  run: Run,
  state: ResourceState,
  replaced: ReadonlySet<string>,
): Promise<string[] | undefined> {
  if (!state.custom || state.external) return undefined;
  const provider = referenceUrn(state.provider);
  if (provider && replaced.has(provider)) return [];
  const inputs: Props = {};
  let concerned = false;
  for (const [key, value] of Object.entries(state.inputs ?? {})) {
    const unknown = (state.propertyDependencies?.[key] ?? []).some((urn) => replaced.has(urn));
    concerned ||= unknown;
    inputs[key] = unknown ? UNKNOWN : value;
  }
  if (!concerned) return undefined;
  if (isProviderType(state.type)) {
    const asked = await run.registry.diffConfigured(state, inputs, run.prev);
    return replaces(asked) ? asked.replaceKeys : undefined;
  }
  if (!state.provider) return undefined;
  const asked = await diffResource(await run.registry.ensure(state.provider, run.prev), {
    urn: state.urn,
    id: state.id ?? "",
    oldInputs: state.inputs ?? {},
    oldOutputs: state.outputs ?? {},
    newInputs: inputs,
    ignoreChanges: state.ignoreChanges ?? [],
  });
  const diff = applyReplaceOnChanges(asked, state.replaceOnChanges ?? [], false);
  return replaces(diff) ? diff.replaceKeys : undefined;
}
