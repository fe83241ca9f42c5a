// SPDX-License-Identifier: Apache-2.0
/** What one run knows: its options, the state before it, what it has decided and done so far. */
import type { Events } from "./events";
import type { HookRunner } from "./hooks";
import type { Policies } from "./policy";
import type { JudgedStack } from "./policy-requests";
import type { Project, StackConfig } from "./project";
import type { ProviderRegistry } from "./provider-registry";
import type { Snapshot } from "./snapshot";
import type { Goal, ResourceState } from "./types";
import type { UrnScope } from "./urn";
import type { UrnFilter } from "./urn-filter";

export interface RunOptions {
  preview: boolean;
  /** How many operations may run at once. */
  parallel: number;
  continueOnError: boolean;
  targets: UrnFilter;
  targetDependents: boolean;
  /** Resources to replace although nothing in them changed. */
  replace: UrnFilter;
  /** Creations that a killed run has left open are forgotten. */
  clearPendingCreates: boolean;
  /** The run is a refresh, or begins with one. */
  refreshing: "only" | "first" | undefined;
  /** Is told what the program registers: a URN or a name, and the properties as they came over the wire, secrets in their envelopes. */
  onRegistration?: (name: string, properties: unknown) => void;
}

/** Thrown where work ends because the run has stopped; the one who stopped it has said why. */
export class Stopped extends Error {
  constructor() {
    super("the run was stopped");
  }
}

export interface RunParts {
  scope: UrnScope;
  project: Project;
  config: StackConfig;
  options: RunOptions;
  events: Events;
  snapshot: Snapshot;
  registry: ProviderRegistry;
  /** The state before the run, in the checkpoint's order. */
  prev: ResourceState[];
}

/** URNs by what was decided for them. */
export class Decisions {
  readonly creates = new Set<string>();
  readonly sames = new Set<string>();
  readonly updates = new Set<string>();
  readonly replaces = new Set<string>();
  readonly deletes = new Set<string>();
  readonly reads = new Set<string>();
  readonly imports = new Set<string>();
  /** Not made, because not a target. */
  readonly skipped = new Set<string>();

  has(urn: string): boolean {
    return this.keeps(urn) || this.creates.has(urn) || this.deletes.has(urn);
  }

  /** True when the object of the state before the run was looked after. */
  keeps(urn: string): boolean {
    return this.sames.has(urn) || this.updates.has(urn) || this.replaces.has(urn) || this.reads.has(urn);
  }
}

export class Run {
  readonly scope: UrnScope;
  readonly project: Project;
  readonly config: StackConfig;
  readonly options: RunOptions;
  readonly events: Events;
  readonly snapshot: Snapshot;
  readonly registry: ProviderRegistry;
  prev: ResourceState[];
  /** States before the run by URN, without those that wait for their deletion. */
  olds: Map<string, ResourceState>;
  /** What the program has registered so far. */
  readonly urns = new Set<string>();
  readonly goals = new Map<string, Goal>();
  readonly news = new Map<string, ResourceState>();
  /** What the program only reads, by URN. */
  readonly reads = new Map<string, ResourceState>();
  readonly decided = new Decisions();
  /** Former URN by present one, and the other way round. */
  readonly aliasOf = new Map<string, string>();
  readonly aliasedTo = new Map<string, string>();
  /** Targets found so far, those by dependency included. */
  readonly targetsActual = new Set<string>();
  /** Providers of this run by URN. */
  readonly providers = new Map<string, ResourceState>();
  /** What policies are told of the stack. */
  readonly judged: JudgedStack = {
    goalOf: (urn) => this.goals.get(urn),
    providerOf: (urn) => this.providers.get(urn) ?? this.olds.get(urn),
  };
  hooks: HookRunner | undefined;
  policies: Policies | undefined;

  /** A step failed. */
  stepFailed = false;
  /** Something is refused, and what does not need it goes on. */
  flawed = false;
  /** Something ended the run that has told why: nothing more is said at the end. */
  failed = false;
  private stopCause: "error" | "interrupt" | undefined;
  private readonly stopListeners: (() => void)[] = [];

  constructor(parts: RunParts) {
    this.scope = parts.scope;
    this.project = parts.project;
    this.config = parts.config;
    this.options = parts.options;
    this.events = parts.events;
    this.snapshot = parts.snapshot;
    this.registry = parts.registry;
    this.prev = parts.prev;
    this.olds = oldsOf(parts.prev);
  }

  /** Replaces the state that the run starts from, after a refresh. */
  rebase(states: ResourceState[]): void {
    this.prev = states;
    this.olds = oldsOf(states);
  }

  /** True for a run that does not end well, as far as is known yet. */
  get isFailing(): boolean {
    return this.failed || this.stepFailed || this.flawed;
  }

  get stopped(): boolean {
    return this.stopCause !== undefined;
  }

  get interrupted(): boolean {
    return this.stopCause === "interrupt";
  }

  /** Nothing new begins from now on. */
  stop(cause: "error" | "interrupt"): void {
    if (this.stopCause) return;
    this.stopCause = cause;
    for (const listener of this.stopListeners) listener();
  }

  onStop(listener: () => void): void {
    this.stopListeners.push(listener);
  }

  /** Ends a run whose targets do not all exist, which has been told. @returns what the caller throws */
  unknownTarget(): Stopped {
    this.failed = true;
    this.stop("error");
    return new Stopped();
  }

  /** Reports an error with which the run goes on, and fails in the end. */
  flaw(message: string, urn?: string): void {
    this.events.diagnostic("error", message, urn);
    this.flawed = true;
  }

  /** Reports an error that ends the run. @returns what the caller throws */
  fatal(message: string, urn?: string): Stopped {
    this.events.diagnostic("error", message, urn);
    this.failed = true;
    this.stop("error");
    return new Stopped();
  }
}

function oldsOf(states: readonly ResourceState[]): Map<string, ResourceState> {
  return new Map(states.filter((state) => !state.delete).map((state) => [state.urn, state]));
}
