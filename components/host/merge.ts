// SPDX-License-Identifier: Apache-2.0
import type * as pulumi from "@pulumi/pulumi";
import { isDeepStrictEqual } from "node:util";
import type { HostState } from "./state";

/** What one concern adds to a layer that carries several: its part of the state, and the values of its references. */
export interface Contribution {
  state: HostState;
  /** By the reference's name. @default none */
  values?: Record<string, pulumi.Input<string>>;
}

/**
 * One state of several, in their order. Two may want the same thing (a package, a directory), but not differently.
 *
 * @throws Error that names the entry which two of them want differently.
 */
export function mergeStates(states: HostState[]): HostState {
  const merged: Record<string, unknown> = {};
  for (const [kind, value] of states.flatMap((state) => Object.entries(state) as [keyof HostState, unknown][])) {
    if (value === undefined) continue;
    const before = merged[kind];
    if (before === undefined) merged[kind] = value;
    else if (Array.isArray(before)) merged[kind] = [...(before as unknown[]), ...(value as unknown[])];
    else merged[kind] = mergeEntries(kind, before as object, value as object);
  }
  return merged;
}

/** The values of all of them. */
export function mergeValues(contributions: Contribution[]): Record<string, pulumi.Input<string>> {
  return Object.assign({}, ...contributions.map(({ values }) => values)) as Record<string, pulumi.Input<string>>;
}

function mergeEntries(kind: string, before: object, added: object): object {
  // One guard judges one change: two of them could take back each other's.
  if (kind === "commitConfirm") throw new Error("commitConfirm: two parts of one layer cannot both have one");
  for (const [name, value] of Object.entries(added)) {
    const there: unknown = (before as Record<string, unknown>)[name];
    if (there !== undefined && !isDeepStrictEqual(there, value)) {
      throw new Error(`${kind}: two parts of one layer want ${name} differently`);
    }
  }
  return { ...before, ...added };
}
