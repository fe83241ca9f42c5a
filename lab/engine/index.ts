// SPDX-License-Identifier: Apache-2.0
/** A deployment engine for Pulumi programs in Node.js, for machines without the Pulumi CLI. */
import { operate } from "./operation";
import type { EngineOptions, EngineResult } from "./operation";
import { Stack } from "./stack";
import type { StackOptions } from "./stack";
import type { Deployment } from "./types";

export type { EngineOptions, EngineResult, PolicyPackOptions } from "./operation";
export { loadProject } from "./project";
export { policyAnalyze } from "./policy-analyze";
export type { AnalyzeOptions, AnalyzeResult, AnalyzeSource } from "./policy-analyze";
export type { StackOptions } from "./stack";
export type { Deployment, EngineEvent, ResourceState } from "./types";

/** Makes the stack what its program asks for. */
export function up(options: EngineOptions): Promise<EngineResult> {
  return operate("up", options);
}

/** Shows what `up` would do; changes nothing. */
export function preview(options: EngineOptions): Promise<EngineResult> {
  return operate("preview", options);
}

/** Takes over into the state what the providers find. */
export function refresh(options: EngineOptions): Promise<EngineResult> {
  return operate("refresh", options);
}

/** Deletes everything that the stack owns. The program does not run. */
export function destroy(options: EngineOptions): Promise<EngineResult> {
  return operate("destroy", options);
}

/** The stack's outputs; secrets read `[secret]` unless asked for. */
export async function stackOutput(
  options: StackOptions,
  { showSecrets = false }: { showSecrets?: boolean } = {},
): Promise<Record<string, unknown>> {
  return (await Stack.open(options, { create: false })).outputs({ showSecrets });
}

/** The stack's deployment of version 3; secrets stay encrypted unless asked for. */
export async function stackExport(
  options: StackOptions,
  { showSecrets = false }: { showSecrets?: boolean } = {},
): Promise<Deployment> {
  return (await Stack.open(options, { create: false })).export({ showSecrets });
}

/**
 * Makes a stack without resources unless there is one, with the salt of its secrets, and folds in what a killed run has left in its
 * journal: another engine that reads this backend then finds all that is known.
 */
export async function ensureStack(options: StackOptions): Promise<void> {
  const stack = await Stack.open(options, { create: true });
  const release = stack.backend.lock();
  try {
    stack.backend.recover();
    if (stack.backend.read() === undefined) stack.write({ resources: [], pending: [] });
  } finally {
    release();
  }
}

/** Replaces the stack's state. @throws Error that lists what is wrong with the deployment */
export async function stackImport(options: StackOptions, deployment: Deployment): Promise<void> {
  const stack = await Stack.open(options, { create: true });
  const release = stack.backend.lock();
  try {
    await stack.import(deployment);
  } finally {
    release();
  }
}

/** Removes the locks of a stack, after its run was killed. @returns how many there were */
export async function cancel(options: StackOptions): Promise<number> {
  const { backend } = await Stack.open(options, { create: false });
  backend.recover();
  return backend.cancel();
}
