// SPDX-License-Identifier: Apache-2.0
/** The engine's own vocabulary: resource states as the checkpoint holds them, goals, steps and events. */
import type { Props, Value } from "./values";

export interface CustomTimeouts {
  create?: number;
  update?: number;
  delete?: number;
}

/** A resource in a checkpoint of version 3. Absent means empty or false; secrets are envelopes with `value`. */
export interface ResourceState {
  urn: string;
  custom: boolean;
  delete?: boolean;
  id?: string;
  type: string;
  inputs?: Props;
  outputs?: Props;
  parent?: string;
  protect?: boolean;
  taint?: boolean;
  external?: boolean;
  dependencies?: string[];
  initErrors?: string[];
  provider?: string;
  propertyDependencies?: Record<string, string[]>;
  pendingReplacement?: boolean;
  additionalSecretOutputs?: string[];
  aliases?: string[];
  /** Seconds. */
  customTimeouts?: CustomTimeouts;
  importID?: string;
  retainOnDelete?: boolean;
  deletedWith?: string;
  replaceWith?: string[];
  created?: string;
  modified?: string;
  sourcePosition?: string;
  stackTrace?: { sourcePosition?: string }[];
  ignoreChanges?: string[];
  hideDiff?: string[];
  replaceOnChanges?: string[];
  /** A value whose change replaces the resource. */
  replacementTrigger?: Value;
  refreshBeforeUpdate?: boolean;
  viewOf?: string;
  resourceHooks?: Record<string, string[]>;
}

export type OperationType = "creating" | "updating" | "deleting" | "reading" | "importing";

export interface PendingOperation {
  resource: ResourceState;
  type: OperationType;
}

export interface Deployment {
  manifest: { time: string; magic: string; version: string };
  secrets_providers?: { type: string; state?: { salt: string } };
  resources?: ResourceState[];
  pending_operations?: PendingOperation[];
  metadata?: object;
}

/** What a program asked for in one registration. */
export interface Goal {
  type: string;
  name: string;
  parent: string;
  custom: boolean;
  inputs: Props;
  dependencies: string[];
  propertyDependencies: Record<string, string[]>;
  provider: string;
  protect?: boolean;
  retainOnDelete?: boolean;
  deleteBeforeReplace?: boolean;
  ignoreChanges: string[];
  replaceOnChanges: string[];
  /** A value whose change replaces the resource; absent where none is given. */
  replacementTrigger?: Value;
  hideDiff: string[];
  additionalSecretOutputs: string[];
  aliases: AliasSpec[];
  importId: string;
  customTimeouts: CustomTimeouts;
  deletedWith: string;
  replaceWith: string[];
  /** Names of hooks by the moment at which they run. */
  hooks: Record<string, string[]>;
}

export interface AliasSpec {
  urn?: string;
  name?: string;
  type?: string;
  stack?: string;
  project?: string;
  parent?: string;
  noParent?: boolean;
}

export type Op =
  | "same"
  | "create"
  | "update"
  | "delete"
  | "replace"
  | "create-replacement"
  | "delete-replaced"
  | "read"
  | "read-replacement"
  | "discard"
  | "discard-replaced"
  | "remove-pending-replace"
  | "refresh"
  | "import"
  | "import-replacement";

export interface PropertyDiff {
  kind: "add" | "add-replace" | "delete" | "delete-replace" | "update" | "update-replace";
  inputDiff: boolean;
}

export interface Diff {
  changes: "unknown" | "none" | "some";
  replaceKeys: string[];
  changedKeys: string[];
  deleteBeforeReplace: boolean;
  /** The replacement trigger is another one. */
  triggered?: boolean;
  detailed?: Record<string, PropertyDiff>;
}

/** One unit of work on one resource. `old` and `new` are shared objects: the executor fills ids and outputs in. */
export interface Step {
  op: Op;
  urn: string;
  type: string;
  old?: ResourceState;
  new?: ResourceState;
  keys?: string[];
  diffs?: string[];
  detailedDiff?: Record<string, PropertyDiff>;
  ignoreChanges?: string[];
  /** A same step for a resource that is not made, because it is not a target. */
  skipped?: boolean;
  /** A same step for a resource that is not a target: its old state is kept as it is. */
  untargeted?: boolean;
  /** What an import replaces; `old` is then what was found. */
  original?: ResourceState;
  /** A replacement whose old object is deleted at the end of the run. */
  pendingDelete?: boolean;
  /** A deletion in front of a creation: the entry stays, marked, until the new one exists. */
  pendingReplacement?: boolean;
  /** The half of a replacement that does not count in the summary. */
  logical: boolean;
  /** Told once: whether the step was carried out, or the chain that it belongs to ended before. */
  onEnd?: (done: boolean) => void;
  /** For refresh: what the step turned out to be. */
  resultOp?: Op;
}

export interface StateView {
  id?: string;
  inputs: Props;
  outputs: Props;
  provider?: string;
  initErrors?: string[];
  delete?: boolean;
  protect?: boolean;
  retainOnDelete?: boolean;
}

export type Severity = "debug" | "info" | "info#err" | "warning" | "error";

export interface StepView {
  op: Op;
  urn: string;
  type: string;
  keys?: string[];
  diffs?: string[];
  detailedDiff?: Record<string, { diffKind: PropertyDiff["kind"]; inputDiff: boolean }>;
  oldId?: string;
  oldPendingDelete?: boolean;
  new?: StateView;
}

/** What a resource was before a step that changes it. Not in the events, which are as Pulumi's engine's were recorded. */
export type FormerView = Pick<StateView, "inputs" | "outputs">;

interface PolicyRef {
  resourceUrn?: string;
  policyName: string;
  policyPackName: string;
  policyPackVersion: string;
}

export type OpCounts = Partial<Record<Op, number>>;

/** What a run tells its listener, in the order in which it happens. Secrets are masked. */
export type EngineEvent =
  | { event: "prelude"; config: Record<string, string> }
  | ({ event: "resourcePre" | "resourceOutputs" } & StepView)
  /** status: 0 nothing was changed, 1 changed but not ready, 2 not known. */
  | ({ event: "resourceFailed"; status: 0 | 1 | 2; steps: number } & StepView)
  | { event: "diagnostic"; urn?: string; severity: Severity; message: string }
  | ({ event: "policyEvent"; enforcementLevel: string; message: string } & PolicyRef)
  | ({ event: "policyRemediationEvent"; before: Props; after: Props } & PolicyRef)
  | { event: "summary"; isPreview: boolean; result: "succeeded" | "failed"; resourceChanges: OpCounts };
