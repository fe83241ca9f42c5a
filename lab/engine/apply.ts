// SPDX-License-Identifier: Apache-2.0
/** What each kind of step does to its object: the calls to the provider and what their answers mean for the state. */
import { status } from "@grpc/grpc-js";
import { applyIgnoreChanges, diffInputs } from "./diffing";
import { isServiceError } from "./grpc";
import { initErrorText } from "./provider";
import type { ObjectState, Provider } from "./provider";
import { providerErrorText } from "./provider-client";
import { providerConfig } from "./provider-registry";
import type { Run } from "./run";
import type { Diff, ResourceState, Step } from "./types";
import { isProviderType, tokenPackage } from "./urn";
import { equal, isUnknown } from "./values";

/** Why a step failed, and what is known of the object: 0 unchanged, 1 changed but not ready, 2 not known. */
export class StepFailure extends Error {
  constructor(
    message: string,
    readonly status: 0 | 1 | 2,
    readonly isProtection = false,
  ) {
    super(message);
  }
}

function now(): string {
  return new Date().toISOString();
}

async function providerOf(run: Run, state: ResourceState): Promise<Provider> {
  if (!state.provider) throw new Error(`${state.urn} has no provider`);
  return run.registry.ensure(state.provider, run.prev);
}

/** Carries one step out. @throws StepFailure */
export async function applyStep(run: Run, step: Step): Promise<void> {
  switch (step.op) {
    case "same":
      return applySame(run, step);
    case "create":
    case "create-replacement":
      return applyCreate(run, step);
    case "update":
      return applyUpdate(run, step);
    case "delete":
    case "delete-replaced":
    case "discard":
    case "discard-replaced":
      return applyDelete(run, step);
    case "read":
    case "read-replacement":
      return applyRead(run, step);
    case "import":
    case "import-replacement":
      return applyImport(run, step);
    case "refresh":
      return applyRefresh(run, step);
    case "replace":
    case "remove-pending-replace":
      return undefined;
  }
}

/** Answers after which nobody knows what the provider has done: resourceStateAndError of Pulumi's provider_plugin.go. */
const UNSURE = new Set<number>([status.UNKNOWN, status.INTERNAL, status.DATA_LOSS]);

/** What an error leaves behind: nothing (0) where the provider has plainly refused. */
export function leftBy(error: unknown): 0 | 2 {
  const answer = isServiceError(error) ? error : error instanceof Error ? error.cause : undefined;
  return isServiceError(answer) && !UNSURE.has(answer.code) ? 0 : 2;
}

async function guarded<A>(unsure: 0 | 2, work: () => Promise<A>): Promise<A> {
  try {
    return await work();
  } catch (error) {
    throw error instanceof StepFailure ? error : new StepFailure(providerErrorText(error), unsure && leftBy(error));
  }
}

async function applySame(run: Run, step: Step): Promise<void> {
  const { old, new: state } = step;
  if (!state) return;
  if (old) {
    state.id = old.id;
    state.outputs = old.outputs;
  }
  if (!isProviderType(state.type) || step.skipped || step.untargeted || !state.id) return;
  const { urn, id } = state;
  const { inputs = {} } = old ?? state;
  await guarded(0, () => run.registry.configure({ urn, id, inputs }));
}

async function applyCreate(run: Run, step: Step): Promise<void> {
  const { old, new: state } = step;
  if (!state) return;
  const { preview } = run.options;
  const inputs = state.inputs ?? {};
  await run.hooks?.before("create", step);
  let reasons: string[] | undefined;
  if (isProviderType(state.type)) {
    const made = await guarded(0, () => run.registry.create(state.urn, inputs, preview));
    state.id = made.id;
    state.outputs = made.outputs;
  } else if (state.custom) {
    const made = await guarded(0, () => withRetries(run, step, "create", () => createObject(run, state)));
    if (!preview && !made.initErrors && !made.id) throw new StepFailure("provider did not return an ID from Create", 0);
    state.id = preview ? made.id || undefined : made.id;
    state.outputs = made.outputs;
    state.refreshBeforeUpdate = made.refreshBeforeUpdate;
    reasons = made.initErrors;
  }
  state.created = now();
  state.modified = state.created;
  if (old && step.pendingDelete) old.delete = true;
  settle(state, reasons);
  if (state.custom) await run.hooks?.after("create", step);
}

async function createObject(run: Run, state: ResourceState): Promise<ObjectState> {
  const provider = await providerOf(run, state);
  return provider.create({
    urn: state.urn,
    inputs: state.inputs ?? {},
    preview: run.options.preview,
    timeout: state.customTimeouts?.create ?? 0,
  });
}

/** An object that exists but is not ready is a failure whose state is kept. */
function settle(state: ResourceState, reasons: string[] | undefined): void {
  state.initErrors = reasons;
  if (reasons) throw new StepFailure(initErrorText(reasons), 1);
}

async function withRetries<A>(
  run: Run,
  step: Step,
  name: "create" | "update" | "delete",
  work: () => Promise<A>,
): Promise<A> {
  return run.hooks ? run.hooks.retry(name, step, work) : work();
}

async function applyUpdate(run: Run, step: Step): Promise<void> {
  const { old, new: state } = step;
  if (!old || !state) return;
  state.id = old.id;
  state.created = old.created;
  state.modified = old.modified;
  await run.hooks?.before("update", step);
  let reasons: string[] | undefined;
  if (isProviderType(state.type)) {
    const { urn, id = "", inputs = {} } = state;
    await guarded(2, () => run.registry.configure({ urn, id, inputs }));
    state.outputs = providerConfig(inputs);
    state.modified = now();
  } else if (state.custom) {
    const made = await guarded(2, () =>
      withRetries(run, step, "update", () => updateObject(run, step, { old, state })),
    );
    state.outputs = made.outputs;
    state.refreshBeforeUpdate = made.refreshBeforeUpdate;
    state.modified = now();
    reasons = made.initErrors;
  }
  settle(state, reasons);
  if (state.custom) await run.hooks?.after("update", step);
}

async function updateObject(
  run: Run,
  step: Step,
  pair: { old: ResourceState; state: ResourceState },
): Promise<ObjectState> {
  const { old, state } = pair;
  const provider = await providerOf(run, state);
  return provider.update({
    urn: state.urn,
    id: old.id ?? "",
    oldInputs: old.inputs ?? {},
    oldOutputs: old.outputs ?? {},
    newInputs: state.inputs ?? {},
    ignoreChanges: step.ignoreChanges ?? [],
    preview: run.options.preview,
    timeout: state.customTimeouts?.update ?? 0,
  });
}

async function applyDelete(run: Run, step: Step): Promise<void> {
  const { old } = step;
  if (!old) return;
  await run.hooks?.before("delete", step);
  if (step.logical && old.protect) {
    const urn = old.urn;
    throw new StepFailure(
      `resource "${urn}" cannot be deleted\nbecause it is protected. To unprotect the resource, either remove the ` +
        "`protect` flag from the resource in your Pulumi program and run `pulumi up`, or use the command:\n" +
        `\`pulumi state unprotect '${urn}'\``,
      0,
      true,
    );
  }
  // The engine has the provider ready for whatever goes, also where it is not asked then (step_generator.go: EnsureProvider).
  if (old.provider) await providerOf(run, old);
  if (mustCallDelete(run, old)) {
    await guarded(2, () => withRetries(run, step, "delete", () => deleteObject(run, old)));
  }
  if (step.pendingReplacement) old.pendingReplacement = true;
  await run.hooks?.after("delete", step);
}

function mustCallDelete(run: Run, old: ResourceState): boolean {
  if (run.options.preview || !old.custom || old.external || old.retainOnDelete) return false;
  if (isProviderType(old.type)) return false;
  return !(old.deletedWith && run.decided.deletes.has(old.deletedWith));
}

async function deleteObject(run: Run, old: ResourceState): Promise<void> {
  const provider = await providerOf(run, old);
  await provider.delete({
    urn: old.urn,
    id: old.id ?? "",
    inputs: old.inputs ?? {},
    outputs: old.outputs ?? {},
    timeout: old.customTimeouts?.delete ?? 0,
  });
}

async function applyRead(run: Run, step: Step): Promise<void> {
  const { old, new: state } = step;
  if (!state) return;
  const { urn, id = "", inputs = {} } = state;
  let reasons: string[] | undefined;
  if (isUnknown(id)) state.outputs = {};
  else {
    const read = await guarded(2, async () =>
      (await providerOf(run, state)).read({ urn, id, inputs, outputs: inputs }),
    );
    if (!read.outputs) throw new StepFailure(`resource '${id}' does not exist`, 0);
    state.outputs = read.outputs;
    if (read.id) state.id = read.id;
    reasons = read.initErrors;
  }
  if (old) {
    if (step.op === "read-replacement") old.delete = true;
    state.created = old.created;
    state.modified = old.modified;
    if (!equal(old.inputs ?? {}, inputs) || !equal(old.outputs ?? {}, state.outputs)) state.modified = now();
  }
  settle(state, reasons);
}

async function applyImport(run: Run, step: Step): Promise<void> {
  const { new: state } = step;
  if (!state) return;
  const { urn, importID: id = "" } = state;
  const read = await guarded(2, async () => (await providerOf(run, state)).read({ urn, id }));
  if (!read.outputs) throw new StepFailure(`resource '${id}' does not exist`, 0);
  if (!read.inputs) {
    const pkg = tokenPackage(state.type);
    const text = `provider does not support importing resources; please try updating the '${pkg}' plugin`;
    throw new StepFailure(text, 0);
  }
  state.id = read.id || id;
  state.inputs = read.inputs;
  state.outputs = read.outputs;
  state.initErrors = read.initErrors;
  state.refreshBeforeUpdate = read.refreshBeforeUpdate;
  state.created = now();
  state.modified = state.created;
  if (step.original) step.original.delete = true;
  step.old = { ...state };
}

async function applyRefresh(run: Run, step: Step): Promise<void> {
  const { old } = step;
  if (!old) return;
  step.resultOp = "same";
  if (!old.custom || isProviderType(old.type) || old.pendingReplacement) return;
  const { urn, id = "" } = old;
  const read = await guarded(2, async () =>
    (await providerOf(run, old)).read({ urn, id, inputs: old.inputs ?? {}, outputs: old.outputs ?? {} }),
  );
  if (read.initErrors) {
    const list = read.initErrors.map((reason) => `\n* ${reason}`).join("");
    run.events.diagnostic("warning", `Refreshed resource is in an unhealthy state:${list}`, urn);
  }
  if (!read.id || !read.outputs) {
    step.resultOp = "delete";
    step.new = undefined;
    return;
  }
  const inputs = read.inputs ?? old.inputs ?? {};
  const { id: foundId, outputs, initErrors, refreshBeforeUpdate } = read;
  const state: ResourceState = { ...old, id: foundId, inputs, outputs, initErrors, refreshBeforeUpdate };
  const changed = !equal(inputs, old.inputs ?? {}) || !equal(read.outputs, old.outputs ?? {});
  if (changed) state.modified = now();
  step.new = state;
  const diff = old.external ? undefined : await guarded(0, () => refreshDiff(run, old, state));
  describeRefresh(step, { old, state, diff });
}

/** How what was read differs from what the program had asked for; asked the other way round, for display. */
async function refreshDiff(run: Run, old: ResourceState, state: ResourceState): Promise<Diff> {
  const provider = await providerOf(run, old);
  return diffResource(provider, {
    urn: state.urn,
    id: state.id ?? "",
    oldInputs: state.inputs ?? {},
    oldOutputs: state.outputs ?? {},
    newInputs: old.inputs ?? {},
    ignoreChanges: old.ignoreChanges ?? [],
  });
}

function describeRefresh(
  step: Step,
  found: { old: ResourceState; state: ResourceState; diff: Diff | undefined },
): void {
  const { old, state, diff } = found;
  const changed = diff ? diff.changes === "some" : !equal(state.outputs ?? {}, old.outputs ?? {});
  step.resultOp = changed ? "update" : "same";
  if (!diff) return;
  step.diffs = diff.changedKeys;
  if (!diff.detailed) return;
  const invert = { add: "delete", delete: "add", update: "update" } as const;
  const entries = Object.entries(diff.detailed);
  step.detailedDiff = Object.fromEntries(
    entries.map(([path, entry]) => {
      const [base, suffix] = entry.kind.split("-") as [keyof typeof invert, string | undefined];
      const kind = suffix ? (`${invert[base]}-replace` as const) : invert[base];
      return [path, { ...entry, kind }];
    }),
  );
}

/** A provider's diff; where it leaves the judgement to the engine, the inputs decide. */
export async function diffResource(provider: Provider, args: Parameters<Provider["diff"]>[0]): Promise<Diff> {
  const diff = await provider.diff(args);
  if (diff.changes !== "unknown") return diff;
  const { inputs } = applyIgnoreChanges(args.newInputs, args.oldInputs, args.ignoreChanges);
  return { ...diff, ...diffInputs(args.oldInputs, inputs) };
}
