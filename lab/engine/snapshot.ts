// SPDX-License-Identifier: Apache-2.0
/** The state while a run changes it: what is done, what is being done, what is still as it was. */
import { isDeepStrictEqual } from "node:util";
import type { StateCodec } from "./checkpoint";
import { tidy } from "./checkpoint";
import type { Journal } from "./journal";
import type { OperationType, PendingOperation, ResourceState } from "./types";
import { splitReference } from "./urn";

export interface SnapshotSource {
  resources: ResourceState[];
  pending: PendingOperation[];
}

export class Snapshot {
  /** What is left from before the run, by number. */
  private base: Map<ResourceState, number>;
  /** What this run has made or kept, by number, in order of completion. */
  private readonly fresh = new Map<ResourceState, number>();
  private readonly running = new Map<number, PendingOperation>();
  private pending: PendingOperation[];
  private counter: number;

  /**
   * @param source - the state before the run; its objects are the identities that the methods below take
   * @param journal - where changes are noted; absent in a preview, which changes nothing
   */
  constructor(
    source: SnapshotSource,
    private readonly codec: StateCodec,
    private readonly journal: Journal | undefined,
  ) {
    this.base = new Map(source.resources.map((state, i) => [state, i]));
    this.pending = source.pending;
    this.counter = source.resources.length;
  }

  /** Notes that an operation begins. @returns the number to end it with */
  begin(type: OperationType, resource: ResourceState): number {
    const n = this.counter++;
    this.running.set(n, { type, resource });
    this.journal?.write({ op: "begin", n, type, resource: this.codec.sealState(resource) }, true);
    return n;
  }

  end(n: number): void {
    this.running.delete(n);
    this.journal?.write({ op: "end", n }, true);
  }

  /** A resource of this run now exists, or has changed since it was added. */
  put(state: ResourceState): void {
    let k = this.fresh.get(state);
    if (k === undefined) this.fresh.set(state, (k = this.counter++));
    this.journal?.write({ op: "new", k, resource: this.codec.sealState(state) }, false);
  }

  /** A resource of this run that succeeds `old`; cheap where nothing in it changed. */
  succeed(old: ResourceState, state: ResourceState): void {
    const of = this.base.get(old);
    if (this.journal && of !== undefined && isDeepStrictEqual(tidy(old), tidy(state))) {
      const k = this.counter++;
      this.fresh.set(state, k);
      this.journal.write({ op: "keep", k, of }, false);
    } else this.put(state);
    this.done(old);
  }

  /** A resource of the state before the run is gone or has been succeeded. */
  done(old: ResourceState): void {
    const k = this.base.get(old);
    if (k === undefined || !this.base.delete(old)) return;
    this.journal?.write({ op: "done", k }, false);
  }

  /** A resource of the state before the run has a new mark. */
  changed(old: ResourceState): void {
    const k = this.base.get(old);
    if (k !== undefined) this.journal?.write({ op: "old", k, resource: this.codec.sealState(old) }, false);
  }

  /** Starts over from other states, which a refresh has read. */
  rebase(states: ResourceState[]): void {
    this.base = new Map(states.map((state) => [state, this.counter++]));
    for (const [state, k] of this.base) {
      this.journal?.write({ op: "new", k, resource: this.codec.sealState(state) }, false);
    }
    this.journal?.write({ op: "rebase" }, true);
  }

  /**
   * Forgets operations that an earlier run left behind.
   * @param kept - those that stay: what may exist without anybody knowing its id is not forgotten lightly
   */
  forgetPending(kept: readonly OperationType[]): void {
    if (this.pending.length === 0) return;
    this.pending = this.pending.filter((operation) => kept.includes(operation.type));
    this.journal?.write({ op: "forget", kept: [...kept] }, false);
  }

  /** The state as it is now. */
  lists(): { resources: ResourceState[]; pending: PendingOperation[] } {
    const resources = renameAliased([...this.fresh.keys(), ...this.base.keys()]);
    return { resources: prune(resources), pending: [...this.pending, ...this.running.values()] };
  }
}

/** References to a resource's former URN become references to its present one. */
export function renameAliased(states: ResourceState[]): ResourceState[] {
  const present = new Map<string, string>();
  for (const state of states) for (const alias of state.aliases ?? []) present.set(alias, state.urn);
  for (const state of states) if (!state.delete) present.delete(state.urn);
  if (present.size === 0) return states;
  const rename = (urn: string): string => present.get(urn) ?? urn;
  return states.map((state) => {
    // The former name has done its work: the next run finds the resource by its present one.
    const copy = { ...state, aliases: undefined };
    if (copy.parent) copy.parent = rename(copy.parent);
    if (copy.deletedWith) copy.deletedWith = rename(copy.deletedWith);
    if (copy.replaceWith) copy.replaceWith = copy.replaceWith.map(rename);
    if (copy.dependencies) copy.dependencies = copy.dependencies.map(rename);
    if (copy.propertyDependencies) {
      const entries = Object.entries(copy.propertyDependencies);
      copy.propertyDependencies = Object.fromEntries(entries.map(([key, urns]) => [key, urns.map(rename)]));
    }
    if (copy.provider) {
      const { urn, id } = splitReference(copy.provider);
      copy.provider = `${rename(urn)}::${id}`;
    }
    return copy;
  });
}

/** Drops references to resources that are no longer there, which a refresh or a targeted deletion leaves behind. */
export function prune(states: ResourceState[]): ResourceState[] {
  const present = new Set(states.map((state) => state.urn));
  const has = (urn: string): boolean => present.has(urn);
  return states.map((state) => {
    const urns = [...(state.dependencies ?? []), ...Object.values(state.propertyDependencies ?? {}).flat()];
    if (state.deletedWith) urns.push(state.deletedWith);
    urns.push(...(state.replaceWith ?? []));
    if (urns.every(has)) return state;
    const copy = { ...state };
    if (copy.dependencies) copy.dependencies = copy.dependencies.filter(has);
    if (copy.propertyDependencies) {
      const entries = Object.entries(copy.propertyDependencies);
      copy.propertyDependencies = Object.fromEntries(entries.map(([key, list]) => [key, list.filter(has)]));
    }
    if (copy.deletedWith && !has(copy.deletedWith)) delete copy.deletedWith;
    if (copy.replaceWith) copy.replaceWith = copy.replaceWith.filter(has);
    return copy;
  });
}
