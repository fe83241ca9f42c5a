// SPDX-License-Identifier: Apache-2.0
/** Carries steps out: at most so many at once, noted in the snapshot before and after, reported as events. */
import { applyStep, StepFailure } from "./apply";
import { isDefaultProvider } from "./events";
import type { Run } from "./run";
import { Stopped } from "./run";
import type { OperationType, Step } from "./types";
import { isProviderType } from "./urn";
import { equal, markSecretOutputs } from "./values";
import type { Props } from "./values";

class Semaphore {
  private readonly waiting: (() => void)[] = [];

  constructor(private free: number) {}

  async take(): Promise<void> {
    if (this.free > 0) this.free -= 1;
    else await new Promise<void>((done) => this.waiting.push(done));
  }

  give(): void {
    const next = this.waiting.shift();
    if (next) next();
    else this.free += 1;
  }
}

const OPERATIONS: Partial<Record<Step["op"], OperationType>> = {
  create: "creating",
  "create-replacement": "creating",
  update: "updating",
  delete: "deleting",
  "delete-replaced": "deleting",
  read: "reading",
  "read-replacement": "reading",
  import: "importing",
  "import-replacement": "importing",
};

/** Steps that the engine takes for itself: not counted, errors without a URN. */
function isInternal(step: Step): boolean {
  return step.op === "remove-pending-replace" || isDefaultProvider(step.urn, step.type);
}

/** How a chain of steps ended. */
export type Outcome = "done" | "failed";

export class Executor {
  private readonly workers: Semaphore;
  /** Registered resources whose outputs may still be registered. */
  private readonly open = new Map<string, Step>();
  /** URNs whose step failed in a run that goes on in spite of errors. */
  readonly broken = new Set<string>();
  private running = 0;
  private readonly idleListeners: (() => void)[] = [];

  constructor(private readonly run: Run) {
    this.workers = new Semaphore(Math.max(1, run.options.parallel));
  }

  /**
   * Carries out steps one after another.
   * @throws Stopped when the run ended before or by one of them
   */
  async execute(chain: readonly Step[]): Promise<Outcome> {
    this.running += 1;
    await this.workers.take();
    try {
      for (const step of chain) {
        if (this.run.stopped) throw new Stopped();
        if (!(await this.executeStep(step))) {
          if (this.run.stopped) throw new Stopped();
          return "failed";
        }
        step.onEnd?.(true);
      }
      return "done";
    } finally {
      // Whoever has been told the truth already does not listen any more.
      for (const step of chain) step.onEnd?.(false);
      this.workers.give();
      this.running -= 1;
      if (this.running === 0) for (const listener of this.idleListeners.splice(0)) listener();
    }
  }

  /** Resolves when no step is running. */
  async idle(): Promise<void> {
    while (this.running > 0) await new Promise<void>((done) => this.idleListeners.push(done));
  }

  private async executeStep(step: Step): Promise<boolean> {
    const { run } = this;
    run.events.pre(step);
    const pending = this.begin(step);
    try {
      await applyStep(run, step);
    } catch (error) {
      const failure = error instanceof StepFailure ? error : new StepFailure(messageOf(error), 0);
      this.fail(step, failure);
      if (failure.status === 1 && !run.options.preview) this.recordUnready(step);
      if (pending !== undefined) run.snapshot.end(pending);
      return false;
    }
    if (step.logical && step.new) this.open.set(step.urn, step);
    if (step.new && step.op !== "replace") this.finishState(step);
    this.report(step);
    if (!run.options.preview) this.record(step);
    if (pending !== undefined) run.snapshot.end(pending);
    return true;
  }

  private begin(step: Step): number | undefined {
    const type = OPERATIONS[step.op];
    const state = step.new ?? step.old;
    if (this.run.options.preview || !type || !state || !state.custom || isProviderType(state.type)) return undefined;
    return this.run.snapshot.begin(type, state);
  }

  private finishState(step: Step): void {
    const state = step.new;
    if (!state) return;
    if (state.additionalSecretOutputs?.includes("id")) {
      const text = "The 'id' property cannot be made secret. See pulumi/pulumi#2717 for more details.";
      this.run.events.diagnostic("warning", text, step.urn);
    }
    state.outputs = markSecretOutputs(state.outputs ?? {}, state.inputs ?? {}, state.additionalSecretOutputs ?? []);
    if (step.op !== "read" && step.op !== "read-replacement") this.run.news.set(state.urn, state);
  }

  private report(step: Step): void {
    const { events, options } = this.run;
    // A refresh in front of something else is not what the run is about: it is neither counted nor judged.
    const refreshed = step.op === "refresh" && options.refreshing === "only";
    const op = refreshed ? (step.resultOp ?? step.op) : step.op;
    const counted = step.op === "read" ? isNewsRead(step) : step.logical || refreshed;
    if (counted && !isInternal(step)) events.count(op);
    const custom = (step.new ?? step.old)?.custom ?? false;
    if (options.preview || custom || step.op === "delete" || step.op === "refresh") {
      events.outputs(step, op);
    }
  }

  /** Keeps an object that exists but is not ready. */
  private recordUnready(step: Step): void {
    // It has the new values only in part: the next run must see the difference again.
    if (step.op === "update" && step.new) step.new.inputs = { ...step.old?.inputs };
    this.finishState(step);
    this.record(step);
  }

  /** Writes a finished step into the snapshot. */
  private record(step: Step): void {
    const { snapshot } = this.run;
    const { old, new: state } = step;
    switch (step.op) {
      case "same":
        if (state && !step.skipped) if (old) snapshot.succeed(old, state);
        return;
      case "create":
      case "create-replacement":
      case "import":
      case "import-replacement":
        if (state) snapshot.put(state);
        if (step.original) snapshot.changed(step.original);
        else if (old?.pendingReplacement) snapshot.done(old);
        else if (old && step.pendingDelete) snapshot.changed(old);
        return;
      case "update":
        if (old && state) snapshot.succeed(old, state);
        return;
      case "read":
        if (state) snapshot.put(state);
        if (old) snapshot.done(old);
        return;
      case "read-replacement":
        if (state) snapshot.put(state);
        if (old) snapshot.changed(old);
        return;
      case "delete":
      case "delete-replaced":
      case "discard":
      case "discard-replaced":
      case "remove-pending-replace":
        if (old?.pendingReplacement && step.op !== "remove-pending-replace" && step.pendingReplacement)
          snapshot.changed(old);
        else if (old) snapshot.done(old);
        return;
      case "replace":
      case "refresh":
        return;
    }
  }

  private fail(step: Step, failure: StepFailure): void {
    const { run } = this;
    const urn = isInternal(step) ? undefined : step.urn;
    const { preview, continueOnError } = run.options;
    run.events.diagnostic("error", preview ? `Preview failed: ${failure.message}` : failure.message, urn);
    if (!preview) run.events.failed(step, failure.status);
    run.stepFailed = true;
    // A protected resource only stands in its own way: whatever does not need its deletion goes on.
    if (continueOnError || failure.isProtection) this.broken.add(step.urn);
    else if (step.op !== "refresh") run.stop("error");
  }

  /** A component's or the stack's outputs are known: with them the component is complete. */
  async registerOutputs(urn: string, outputs: Props): Promise<void> {
    const step = this.open.get(urn);
    if (!step?.new) throw new Error(`cannot complete a resource '${urn}' whose registration isn't pending`);
    this.open.delete(urn);
    if (step.skipped) return;
    const changed = !equal(step.new.outputs ?? {}, outputs);
    step.new.outputs = outputs;
    if (!step.new.custom && (step.op === "create" || step.op === "update")) await this.run.hooks?.after(step.op, step);
    this.run.events.outputs(step);
    if (changed && !this.run.options.preview) this.run.snapshot.put(step.new);
  }
}

function isNewsRead(step: Step): boolean {
  return step.old?.outputs !== undefined && !equal(step.old.outputs, step.new?.outputs);
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
