// SPDX-License-Identifier: Apache-2.0
/** The dependency graph that a list of states spans. Every state stands behind what it depends on. */
import type { ResourceState } from "./types";
import { referenceUrn } from "./urn";

/** Dependencies, property dependencies, and the resources with which one is deleted or replaced. */
function ownDependencies(state: ResourceState): string[] {
  const urns = [...(state.dependencies ?? []), ...Object.values(state.propertyDependencies ?? {}).flat()];
  if (state.deletedWith) urns.push(state.deletedWith);
  urns.push(...(state.replaceWith ?? []));
  return urns;
}

/** What a state needs beside its provider: dependencies and parent. */
export function needs(state: ResourceState): string[] {
  const urns = ownDependencies(state);
  if (state.parent) urns.push(state.parent);
  return urns;
}

/** What a state needs: its dependencies and its provider. */
export function dependencyUrns(state: ResourceState): string[] {
  const urns = ownDependencies(state);
  const provider = referenceUrn(state.provider);
  if (provider) urns.push(provider);
  return urns;
}

/** What a state needs, its parent included. */
export function allUrns(state: ResourceState): string[] {
  const urns = dependencyUrns(state);
  if (state.parent) urns.push(state.parent);
  return urns;
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
  const components = new Set(states.filter((state) => !state.custom).map((state) => state.urn));
  /** Depth of the deepest condemned state of a URN so far. */
  const depths = new Map<string, number>();
  /** The same for everything inside a component: whoever depends on a component depends on all of it. */
  const inside = new Map<string, number>();
  const parents = new Map<string, string | undefined>();
  const levels: ResourceState[][] = [];
  const raise = (map: Map<string, number>, urn: string, depth: number): void => {
    map.set(urn, Math.max(depth, map.get(urn) ?? -1));
  };
  for (const state of states) {
    parents.set(state.urn, state.parent);
    if (!condemned.has(state)) continue;
    let depth = Math.max(-1, state.parent ? (depths.get(state.parent) ?? -1) : -1);
    for (const urn of dependencyUrns(state)) depth = Math.max(depth, depths.get(urn) ?? -1, inside.get(urn) ?? -1);
    depth += 1;
    raise(depths, state.urn, depth);
    for (let parent = state.parent; parent; parent = parents.get(parent))
      if (components.has(parent)) raise(inside, parent, depth);
    (levels[depth] ??= []).push(state);
  }
  return levels.filter((level) => level.length > 0).reverse();
}
