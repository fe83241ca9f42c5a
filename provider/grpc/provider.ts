// SPDX-License-Identifier: Apache-2.0

/**
 * What a provider written in this repository implements; `serve.ts` speaks the plugin protocol for it. Used by the product's
 * provider `opennebula` and by the lab's stand-ins.
 *
 * Property values are plain JSON, with two wrappers: {@link UNKNOWN} for what a preview does not know yet, and {@link Secret}.
 */
export const UNKNOWN: unique symbol = Symbol.for("opennebula-scaleway.unknown");

/** A secret value; only seen by providers that set `acceptSecrets`. */
export class Secret {
  constructor(public readonly value: PropertyValue) {}
}

export type PropertyValue =
  | null
  | boolean
  | number
  | string
  | typeof UNKNOWN
  | Secret
  | AssetValue
  | PropertyValue[]
  | { [key: string]: PropertyValue };

/** A Pulumi asset or archive as it travels; `kind` tells which of the three sources holds it. */
export class AssetValue {
  constructor(
    public readonly type: "asset" | "archive",
    public readonly source: { text: string } | { path: string } | { uri: string } | { assets: PropertyMap },
    public readonly hash: string,
  ) {}
}

export type PropertyMap = { [key: string]: PropertyValue };

export interface ResourceId {
  urn: string;
  /** Type token, e.g. `opennebula:index:Host`. */
  type: string;
  /** The name in the program. */
  name: string;
}

export interface CheckFailure {
  property: string;
  reason: string;
}

export interface PropertyDifference {
  kind: "add" | "add-replace" | "delete" | "delete-replace" | "update" | "update-replace";
  inputDiff?: boolean;
}

export interface DiffResult {
  changes: "none" | "some" | "unknown";
  replaces?: string[];
  deleteBeforeReplace?: boolean;
  /** Names of the properties that differ. */
  diffs?: string[];
  detailedDiff?: Record<string, PropertyDifference>;
  /** Properties that stay as they are in an update preview. */
  stables?: string[];
}

/** Thrown by create and update when the object exists but is not as wanted: the state keeps `properties`, the run fails. */
export class PartialFailure extends Error {
  constructor(
    public readonly id: string,
    public readonly properties: PropertyMap,
    public readonly reasons: string[],
  ) {
    super(reasons.join("; "));
  }
}

export interface CallContext {
  /** Aborted, with the reason, when the engine cancels and when `deadlineSeconds` are over. */
  signal: AbortSignal;
  /** Only calls that change something know it: false in check and read. */
  preview: boolean;
  /** The resource's custom timeout, 0 if none. */
  deadlineSeconds: number;
  /**
   * Shown to the user beside the resource.
   *
   * @param ephemeral a line of progress: shown while it is the newest, not kept
   */
  log(severity: LogSeverity, message: string, ephemeral?: boolean): void;
}

export type LogSeverity = "debug" | "info" | "warning" | "error";

export interface ProviderImplementation {
  readonly name: string;
  readonly version: string;
  readonly acceptSecrets: boolean;
  /** Schema text for `pulumi package`, if there is one. */
  schema?(): string;
  checkConfig?(news: PropertyMap, olds: PropertyMap): Promise<{ inputs: PropertyMap; failures: CheckFailure[] }>;
  diffConfig?(olds: PropertyMap, news: PropertyMap): Promise<DiffResult>;
  configure(args: PropertyMap): Promise<void>;
  check(
    resource: ResourceId,
    news: PropertyMap,
    olds: PropertyMap,
    randomSeed: Uint8Array,
    context: CallContext,
  ): Promise<{ inputs: PropertyMap; failures: CheckFailure[] }>;
  diff(
    resource: ResourceId,
    id: string,
    state: ResourceState,
    news: PropertyMap,
    ignoreChanges: string[],
  ): Promise<DiffResult>;
  create(
    resource: ResourceId,
    inputs: PropertyMap,
    context: CallContext,
  ): Promise<{ id: string; properties: PropertyMap }>;
  /** Answers `undefined` when the object is gone. */
  read(resource: ResourceId, id: string, state: ResourceState, context: CallContext): Promise<ReadResult | undefined>;
  update(
    resource: ResourceId,
    id: string,
    state: ResourceState,
    inputs: PropertyMap,
    context: CallContext,
  ): Promise<PropertyMap>;
  delete(resource: ResourceId, id: string, state: ResourceState, context: CallContext): Promise<void>;
  invoke?(
    token: string,
    args: PropertyMap,
    context: CallContext,
  ): Promise<{ result: PropertyMap; failures: CheckFailure[] }>;
  cancel?(): Promise<void>;
}

/** What the engine has stored: checked inputs and outputs. In an import both are empty. */
export interface ResourceState {
  inputs: PropertyMap;
  outputs: PropertyMap;
}

export interface ReadResult {
  id: string;
  inputs: PropertyMap;
  properties: PropertyMap;
}
