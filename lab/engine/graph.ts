// SPDX-License-Identifier: Apache-2.0
/** The dependency graph that a list of states spans. Every state stands behind what it depends on. */
import type { ResourceState } from "./types";
import { referenceUrn } from "./urn";

/** What a state needs: dependencies, property dependencies, the resource it is deleted with, and its provider. */
export function dependencyUrns(state: ResourceState): string[] {
  const urns = [...(state.dependencies ?? []), ...Object.values(state.propertyDependencies ?? {}).flat()];
  if (state.deletedWith) urns.push(state.deletedWith);
  urns.push(...(state.replaceWith ?? []));
  const provider = referenceUrn(state.provider);
  if (provider) urns.push(provider);
  return urns;
}

/** What a state needs, its parent included. */
export function allUrns(state: ResourceState): string[] {
  return state.parent ? [...dependencyUrns(state), state.parent] : dependencyUrns(state);
}

/**
 * States that depend on one, directly or through others, in dependency order.
 * @param ignore - URNs that are not followed
 * @param children - whether children count as dependents
 */
export function dependentsOf(
  states: readonly ResourceState[],
  root: ResourceState,
  { ignore, children }: { ignore: ReadonlySet<string>; children: boolean },
): ResourceState[] {
  const reached = new Set([root.urn]);
  const found: ResourceState[] = [];
  for (const state of states.slice(states.indexOf(root) + 1)) {
    if (ignore.has(state.urn)) continue;
    if (!(children ? allUrns(state) : dependencyUrns(state)).some((urn) => reached.has(urn))) continue;
    reached.add(state.urn);
    found.push(state);
  }
  return found;
}

/**
 * Splits states that are to be deleted into waves: within a wave nothing depends on anything else, and every wave goes
 * before those it depends on.
 */
export function deletionWaves(
  states: readonly ResourceState[],
  condemned: ReadonlySet<ResourceState>,
): ResourceState[][] {
  /** Depth of the deepest condemned state of a URN so far. */
  const depths = new Map<string, number>();
  const levels: ResourceState[][] = [];
  for (const state of states) {
    if (!condemned.has(state)) continue;
    const below = allUrns(state).map((urn) => depths.get(urn) ?? -1);
    const depth = Math.max(-1, ...below) + 1;
    depths.set(state.urn, Math.max(depth, depths.get(state.urn) ?? 0));
    (levels[depth] ??= []).push(state);
  }
  return levels.reverse();
}
