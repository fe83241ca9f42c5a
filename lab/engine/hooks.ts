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
import { optionsOfState } from "./state-options";
import type { Step } from "./types";
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
  /** What goes wrong in it is a warning. */
  ignoreErrors: boolean;
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
      if (error && !this.isIgnored(name, step, `Before${NAMES[operation]} hook "${name}" failed: ${error}`))
        throw new StepFailure(`before hook "${name}" failed: ${error}`, 0);
    }
  }

  /** Runs the hooks after an operation; their errors are told, and fail the run but not the operation. */
  async after(operation: Operation, step: Step): Promise<void> {
    for (const name of this.namesFor(`After${NAMES[operation]}`, step)) {
      const error = await this.call(name, step, { operation, after: true });
      if (!error || this.isIgnored(name, step, `After${NAMES[operation]} hook "${name}" failed: ${error}`)) continue;
      this.run.flaw(`after hook "${name}" failed: ${error}`, step.urn);
      // The operation itself stays done: its step is recorded before anybody looks at this again.
      if (!this.run.options.continueOnError) this.run.stop("error");
      return;
    }
  }

  /** Tells an error of a hook whose errors count for nothing. */
  private isIgnored(name: string, step: Step, text: string): boolean {
    if (this.hook(name).ignoreErrors !== true) return false;
    this.run.events.diagnostic("warning", text, step.urn);
    return true;
  }

  private namesFor(moment: string, step: Step): string[] {
    const names = (step.new ?? step.old)?.resourceHooks?.[moment] ?? [];
    return names.filter((name) => !this.run.options.preview || this.hook(name).onDryRun);
  }

  private hook(name: string): Hook {
    const hook = this.hooks.get(name);
    if (!hook) throw new StepFailure(`hook "${name}" was not registered`, 0);
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
    if (before) request.setOldOptions(optionsOfState(before));
    if (state) request.setNewOptions(optionsOfState(state));
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
        if (!state || names.length === 0) throw error;
        if (failures.length >= RETRY_LIMIT) {
          const limit = String(RETRY_LIMIT);
          this.run.events.diagnostic("warning", `maximum number of error hook retries (${limit}) reached`, step.urn);
          throw new StepFailure("maximum number of error hook retries reached", 2);
        }
        if (!(await this.wantsRetry(names, step, { operation, failures }))) throw error;
        const count = `${String(failures.length)}/${String(RETRY_LIMIT)}`;
        this.run.events.diagnostic(
          "warning",
          `retrying ${operation} due to on-error hook request (${count})`,
          step.urn,
        );
      }
    }
  }

  private async wantsRetry(
    names: readonly string[],
    step: Step,
    at: { operation: Operation; failures: string[] },
  ): Promise<boolean> {
    let retry = false;
    for (const name of names) {
      const { old, new: state } = step;
      const before = at.operation === "create" ? undefined : old;
      const request = new ErrorHookRequest();
      request.setUrn(step.urn);
      request.setName(urnName(step.urn));
      request.setType(step.type);
      const id = (state ?? old)?.id;
      if (id) request.setId(id);
      request.setFailedOperation(at.operation);
      request.setErrorsList(at.failures);
      if (state?.inputs) request.setNewInputs(toStruct(state.inputs));
      if (before?.inputs) request.setOldInputs(toStruct(before.inputs));
      if (before?.outputs) request.setOldOutputs(toStruct(before.outputs));
      if (before) request.setOldOptions(optionsOfState(before));
      if (state) request.setNewOptions(optionsOfState(state));
      const answer = ErrorHookResponse.deserializeBinary(
        await this.callbacks.invoke(this.hook(name), request.serializeBinary()),
      );
      if (answer.getError())
        throw new StepFailure(`error hooks execution failed: error hook "${name}" failed: ${answer.getError()}`, 2);
      retry ||= answer.getRetry();
    }
    return retry;
  }
}
