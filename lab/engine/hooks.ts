// SPDX-License-Identifier: Apache-2.0
/** Hooks: functions of the program that the engine calls around operations. */
import {
  ErrorHookRequest,
  ErrorHookResponse,
  ResourceHookRequest,
  ResourceHookResponse,
} from "@pulumi/pulumi/proto/resource_pb";
import type { Callbacks } from "./callbacks";
import { StepFailure } from "./apply";
import { providerErrorText } from "./provider-client";
import type { Run } from "./run";
import type { ResourceState, Step } from "./types";
import { urnName } from "./urn";
import { toStruct } from "./values";

type Operation = "create" | "update" | "delete";

/** How often an operation is tried again because a hook asks for it. */
const RETRY_LIMIT = 100;

const NAMES: Record<Operation, string> = { create: "Create", update: "Update", delete: "Delete" };

interface Hook {
  target: string;
  token: string;
  onDryRun: boolean;
}

export class HookRunner {
  private readonly hooks = new Map<string, Hook>();

  constructor(
    private readonly run: Run,
    private readonly callbacks: Callbacks,
  ) {}

  register(name: string, hook: Hook): void {
    if (this.hooks.has(name)) throw new Error(`resource hook already registered for name "${name}"`);
    this.hooks.set(name, hook);
  }

  /** Runs the hooks before an operation. @throws StepFailure when one refuses */
  async before(operation: Operation, step: Step): Promise<void> {
    for (const name of this.namesFor(`Before${NAMES[operation]}`, step)) {
      const error = await this.call(name, step, { operation, after: false });
      if (error) throw new StepFailure(`${`Before${NAMES[operation]}`} hook "${name}" failed: ${error}`, 0);
    }
  }

  /** Runs the hooks after an operation; their errors are told, and fail the run but not the operation. */
  async after(operation: Operation, step: Step): Promise<void> {
    for (const name of this.namesFor(`After${NAMES[operation]}`, step)) {
      const error = await this.call(name, step, { operation, after: true });
      if (!error) continue;
      this.run.events.diagnostic("error", `After${NAMES[operation]} hook "${name}" failed: ${error}`, step.urn);
      this.run.failed = true;
    }
  }

  private namesFor(moment: string, step: Step): string[] {
    const names = (step.new ?? step.old)?.resourceHooks?.[moment] ?? [];
    return names.filter((name) => {
      const hook = this.hooks.get(name);
      return !this.run.options.preview || hook?.onDryRun === true;
    });
  }

  private hook(name: string): Hook {
    const hook = this.hooks.get(name);
    if (!hook) throw new StepFailure(`resource hook "${name}" was not registered by the program`, 0);
    return hook;
  }

  private async call(name: string, step: Step, at: { operation: Operation; after: boolean }): Promise<string> {
    const hook = this.hook(name);
    const { old, new: state } = step;
    const request = new ResourceHookRequest();
    request.setUrn(step.urn);
    request.setName(urnName(step.urn));
    request.setType(step.type);
    const id = (state ?? old)?.id;
    if (id) request.setId(id);
    const before = at.operation === "create" ? undefined : old;
    if (state?.inputs) request.setNewInputs(toStruct(state.inputs));
    if (before?.inputs) request.setOldInputs(toStruct(before.inputs));
    if (at.after && state?.outputs) request.setNewOutputs(toStruct(state.outputs));
    if (before?.outputs) request.setOldOutputs(toStruct(before.outputs));
    const answer = await this.callbacks.invoke(hook, request.serializeBinary());
    return ResourceHookResponse.deserializeBinary(answer).getError();
  }

  /** Tries an operation again as long as an error hook of the resource asks for it. */
  async retry<A>(operation: Operation, step: Step, work: () => Promise<A>): Promise<A> {
    const state = step.new ?? step.old;
    const names = state?.resourceHooks?.OnError ?? [];
    const failures: string[] = [];
    for (;;) {
      try {
        return await work();
      } catch (error) {
        failures.unshift(providerErrorText(error));
        if (!state || this.run.options.preview || failures.length > RETRY_LIMIT) throw error;
        if (!(await this.wantsRetry(names, state, { operation, failures }))) throw error;
        this.run.events.diagnostic("warning", `retrying ${operation} due to on-error hook request`, step.urn);
      }
    }
  }

  private async wantsRetry(
    names: readonly string[],
    state: ResourceState,
    at: { operation: Operation; failures: string[] },
  ): Promise<boolean> {
    let retry = false;
    for (const name of names) {
      const request = new ErrorHookRequest();
      request.setUrn(state.urn);
      request.setName(urnName(state.urn));
      request.setType(state.type);
      request.setFailedOperation(at.operation);
      request.setErrorsList(at.failures);
      if (state.inputs) request.setNewInputs(toStruct(state.inputs));
      const answer = ErrorHookResponse.deserializeBinary(
        await this.callbacks.invoke(this.hook(name), request.serializeBinary()),
      );
      if (answer.getError()) throw new StepFailure(`error hook "${name}" failed: ${answer.getError()}`, 0);
      retry ||= answer.getRetry();
    }
    return retry;
  }
}
