// SPDX-License-Identifier: Apache-2.0
/** Deployments of version 3: between the engine's states (secrets open) and what lies in files (secrets encrypted). */
import { createHash } from "node:crypto";
import type { Crypter } from "./secrets";
import type { Deployment, ResourceState } from "./types";
import { SECRET, SIGNATURE, isObject, isSecret, openOutputs, rewriteEnvelopes, signatureOf } from "./values";
import type { PlainObject, Props, Value } from "./values";

/** The engine version whose format and behaviour this engine follows; written to manifests. */
const ENGINE_VERSION = "v3.259.0";

/** How secrets are written: encrypted, or in plain as JSON text (exports that ask for it). */
export type SecretForm = "ciphertext" | "plaintext";

/** Writes and reads states; keeps the ciphertext of a secret that did not change. */
export class StateCodec {
  /** Ciphertext by envelope object: an unchanged secret keeps its text, so that a state file changes only where it must. */
  private readonly known = new WeakMap<object, string>();

  constructor(private readonly crypter: Crypter | undefined) {}

  /** The checkpoint form of properties. */
  sealProps(props: Props, form: SecretForm = "ciphertext"): Props {
    return this.seal(openOutputs(props), form) as Props;
  }

  private seal(value: Value, form: SecretForm): Value {
    if (Array.isArray(value)) return value.map((item) => this.seal(item, form));
    if (!isObject(value)) return value;
    if (!isSecret(value)) {
      return Object.fromEntries(
        Object.keys(value)
          .sort()
          .map((key) => [key, this.seal(value[key] ?? null, form)]),
      );
    }
    const text = JSON.stringify(value.value ?? null);
    if (form === "plaintext") return { [SIGNATURE]: SECRET, plaintext: text };
    if (!this.crypter) throw new Error("the state holds a secret but the stack has no encryptionsalt");
    const ciphertext = this.known.get(value) ?? this.crypter.encrypt(text);
    this.known.set(value, ciphertext);
    return { [SIGNATURE]: SECRET, ciphertext };
  }

  /** The engine's form of properties from a checkpoint or an import. */
  openProps(props: Props): Props {
    return rewriteEnvelopes(props, (node) => {
      if (signatureOf(node) !== SECRET) return undefined;
      const { ciphertext, plaintext } = node as PlainObject;
      if (typeof plaintext === "string") return { [SIGNATURE]: SECRET, value: JSON.parse(plaintext) as Value };
      if (typeof ciphertext !== "string") return undefined;
      if (!this.crypter) throw new Error("the state holds a ciphertext but names no secrets provider with a salt");
      const envelope = { [SIGNATURE]: SECRET, value: JSON.parse(this.crypter.decrypt(ciphertext)) as Value };
      this.known.set(envelope, ciphertext);
      return envelope;
    }) as Props;
  }

  sealState(state: ResourceState, form: SecretForm = "ciphertext"): ResourceState {
    const sealed = tidy(state);
    if (sealed.inputs) sealed.inputs = this.sealProps(sealed.inputs, form);
    if (sealed.outputs) sealed.outputs = this.sealProps(sealed.outputs, form);
    if (sealed.replacementTrigger !== undefined)
      sealed.replacementTrigger = this.seal(openOutputs(sealed.replacementTrigger), form);
    return sealed;
  }

  openState(state: ResourceState): ResourceState {
    const opened = { ...state };
    if (opened.inputs) opened.inputs = this.openProps(opened.inputs);
    if (opened.outputs) opened.outputs = this.openProps(opened.outputs);
    if (opened.replacementTrigger !== undefined)
      opened.replacementTrigger = this.openProps({ trigger: opened.replacementTrigger }).trigger;
    return opened;
  }

  sealDeployment(deployment: Deployment, form: SecretForm = "ciphertext"): Deployment {
    return this.mapStates(deployment, (state) => this.sealState(state, form));
  }

  openDeployment(deployment: Deployment): Deployment {
    return this.mapStates(deployment, (state) => this.openState(state));
  }

  private mapStates(deployment: Deployment, change: (state: ResourceState) => ResourceState): Deployment {
    const result: Deployment = { ...deployment };
    if (deployment.resources) result.resources = deployment.resources.map(change);
    if (deployment.pending_operations) {
      result.pending_operations = deployment.pending_operations.map((op) => ({ ...op, resource: change(op.resource) }));
    }
    return result;
  }
}

const KEY_ORDER: readonly (keyof ResourceState)[] = [
  ...([
    "urn",
    "custom",
    "delete",
    "id",
    "type",
    "inputs",
    "outputs",
    "parent",
    "protect",
    "taint",
    "external",
  ] as const),
  ...(["dependencies", "initErrors", "provider", "propertyDependencies", "pendingReplacement"] as const),
  ...(["additionalSecretOutputs", "aliases", "customTimeouts", "importID", "retainOnDelete", "deletedWith"] as const),
  ...(["replaceWith", "created", "modified", "sourcePosition", "stackTrace", "ignoreChanges", "hideDiff"] as const),
  ...(["replaceOnChanges", "replacementTrigger", "refreshBeforeUpdate", "viewOf", "resourceHooks"] as const),
];

function isEmpty(value: unknown): boolean {
  if (value === undefined || value === null || value === false || value === "") return true;
  if (Array.isArray(value)) return value.length === 0;
  return typeof value === "object" && Object.keys(value).length === 0;
}

function isKept(key: keyof ResourceState, value: unknown): boolean {
  // A trigger may well be false or 0.
  if (key === "replacementTrigger") return value !== undefined && value !== null;
  return key === "custom" || !isEmpty(value);
}

/** A state with its keys in the checkpoint's order and without the empty ones (`custom` is always there). */
export function tidy(state: ResourceState): ResourceState {
  const entries = KEY_ORDER.map((key) => [key, state[key]] as const);
  return Object.fromEntries(entries.filter(([key, value]) => isKept(key, value))) as unknown as ResourceState;
}

/** The manifest of a deployment written now. */
export function newManifest(): Deployment["manifest"] {
  const magic = createHash("sha256").update(ENGINE_VERSION).digest("hex");
  return { time: new Date().toISOString(), magic, version: ENGINE_VERSION };
}

/**
 * Checks a deployment that comes from outside.
 * @returns all that is wrong with it, one sentence each.
 */
export function verifyDeployment(deployment: Deployment, scope: { stack: string; project: string }): string[] {
  const problems: string[] = [];
  const { magic, version } = (deployment.manifest as Partial<Deployment["manifest"]> | undefined) ?? {};
  if (
    magic &&
    magic !==
      createHash("sha256")
        .update(version ?? "")
        .digest("hex")
  ) {
    problems.push("manifest.magic does not belong to manifest.version; export the state again");
  }
  const seen = new Set<string>();
  const references = new Set<string>();
  for (const state of deployment.resources ?? []) {
    const { urn } = state;
    const say = (text: string): void => void problems.push(`${urn}: ${text}`);
    if (!urn.startsWith(`urn:pulumi:${scope.stack}::${scope.project}::`)) say("urn is of another stack or project");
    if (state.parent && !seen.has(state.parent)) say(`parent ${state.parent} must stand earlier in the list`);
    if (state.provider && !references.has(state.provider)) say(`provider ${state.provider} is not earlier in the list`);
    for (const dependency of state.dependencies ?? []) {
      if (!seen.has(dependency)) say(`dependency ${dependency} must stand earlier in the list`);
    }
    if (seen.has(urn) && !state.delete) say("urn occurs twice without delete");
    seen.add(urn);
    if (state.id !== undefined) references.add(`${urn}::${state.id}`);
  }
  return problems;
}
