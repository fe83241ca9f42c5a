// SPDX-License-Identifier: Apache-2.0
/** What the engine asks of a provider, whatever stands behind it: a plugin process or the engine itself. */
import type { Diff } from "./types";
import type { Props } from "./values";

export interface ResourceRef {
  urn: string;
  id: string;
}

export interface CheckFailure {
  property: string;
  reason: string;
}

export interface CheckAnswer {
  inputs: Props;
  failures: CheckFailure[];
}

/** What is known of an object after an operation. */
export interface ObjectState {
  id: string;
  outputs: Props;
  /** Why the object is not ready, although it exists. */
  initErrors?: string[];
  /** The provider wants to read the object before it is compared again. */
  refreshBeforeUpdate?: boolean;
}

/** The answer of a read; `outputs` is absent when the object does not exist. */
export interface ReadAnswer {
  id: string;
  inputs?: Props;
  outputs?: Props;
  initErrors?: string[];
  refreshBeforeUpdate?: boolean;
}

export interface DiffArgs extends ResourceRef {
  oldInputs: Props;
  oldOutputs: Props;
  newInputs: Props;
  ignoreChanges: string[];
}

export interface ChangeOptions {
  preview: boolean;
  /** Seconds; 0 leaves it to the provider. */
  timeout: number;
}

export interface UpdateArgs extends DiffArgs, ChangeOptions {}

export interface InvokeAnswer {
  result: Props;
  failures: CheckFailure[];
}

export interface Provider {
  check(args: { urn: string; olds: Props; news: Props; randomSeed: Uint8Array }): Promise<CheckAnswer>;
  diff(args: DiffArgs): Promise<Diff>;
  create(args: { urn: string; inputs: Props } & ChangeOptions): Promise<ObjectState>;
  update(args: UpdateArgs): Promise<ObjectState>;
  delete(args: ResourceRef & { inputs: Props; outputs: Props; timeout: number }): Promise<void>;
  /** Nothing but the id is told of an object that is to be imported. */
  read(args: ResourceRef & { inputs?: Props; outputs?: Props }): Promise<ReadAnswer>;
  invoke(args: { token: string; args: Props; preview: boolean }): Promise<InvokeAnswer>;
  /** Asks running operations to end soon. */
  cancel(): Promise<void>;
  stop(): Promise<void>;
}

/** A provider that is told its configuration before it is asked anything else. */
export interface ConfigurableProvider extends Provider {
  checkConfig(urn: string, olds: Props, news: Props): Promise<CheckAnswer>;
  /** How a changed configuration matters; undefined where the provider cannot tell. */
  diffConfig(args: DiffArgs): Promise<Diff | undefined>;
  configure(ref: ResourceRef, inputs: Props): Promise<void>;
}

/** Where providers come from: each call starts one. */
export interface ProviderSource {
  start(pkg: string, version: string): Promise<ConfigurableProvider>;
}

/** What a diff that cannot be asked for answers: some change. */
export class DiffUnavailable extends Error {}

export const NO_DIFF: Diff = { changes: "none", replaceKeys: [], changedKeys: [], deleteBeforeReplace: false };
export const SOME_DIFF: Diff = { changes: "some", replaceKeys: [], changedKeys: [], deleteBeforeReplace: false };

/** The text that stands for a list of reasons why an object is not ready. */
export function initErrorText(reasons: readonly string[]): string {
  const head = reasons.length === 1 ? "1 error occurred:" : `${String(reasons.length)} errors occurred:`;
  return `${head}\n${reasons.map((reason) => `\t* ${reason}\n`).join("")}\n`;
}
