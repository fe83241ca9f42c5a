// SPDX-License-Identifier: Apache-2.0
/** Step generation, the asking half: looks up what was, asks the provider, decides, and has the steps carried out. */
import { randomBytes } from "node:crypto";
import { aliasUrns } from "./aliases";
import { diffResource } from "./apply";
import { dependentReplacements } from "./dependents";
import { applyIgnoreChanges, applyReplaceOnChanges, replaces } from "./diffing";
import type { Executor } from "./executor";
import { allUrns } from "./graph";
import { IMPORT_REPLACED, checkFailureText, protectedText } from "./messages";
import { DiffUnavailable, NO_DIFF, SOME_DIFF } from "./provider";
import type { CheckAnswer, Provider } from "./provider";
import { providerErrorText } from "./provider-client";
import { Stopped } from "./run";
import type { Run } from "./run";
import * as steps from "./steps";
import { isIncluded, isIncludedByOption, untargetedChain } from "./targets";
import type { Diff, Goal, ResourceState, Step } from "./types";
import { ROOT_STACK_TYPE, isProviderType, makeUrn, referenceUrn } from "./urn";
import { equal } from "./values";
import type { Props } from "./values";

/** What a registration came to. */
export interface Registered {
  state: ResourceState;
  /** The object was not made, because it is not a target: its outputs are unknown. */
  skipped: boolean;
  result: "success" | "fail" | "skip";
}

/** One registration on its way through the generator. */
interface Work {
  urn: string;
  goal: Goal;
  old: ResourceState | undefined;
  state: ResourceState;
  provider: Provider | "registry" | undefined;
  seed: Uint8Array;
}

/** What was asked before a decision. */
interface Prepared {
  /** The run is meant for this resource. */
  targeted: boolean;
  /** It is meant for it whatever the targets are. */
  implicit: boolean;
  /** How it differs; absent where that does not matter. */
  diff: Diff | undefined;
}

export class Generator {
  /** States that were deleted in front of what they depend on, with the properties that made it necessary. */
  private readonly dependentKeys = new Map<string, string[]>();
  private readonly condemned = new Set<ResourceState>();
  private turn: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly run: Run,
    private readonly executor: Executor,
  ) {}

  /** States that this run has deleted out of turn. */
  get deletedEarly(): ReadonlySet<ResourceState> {
    return this.condemned;
  }

  /** Gives a name of this run. @throws Stopped when it is taken */
  claim(type: string, name: string, parent: string): string {
    const { run } = this;
    const urn = makeUrn(run.scope, parent, { type, name });
    if (parent && !run.urns.has(parent)) throw run.fatal(`could not find parent resource ${parent}`, urn);
    if (run.urns.has(urn)) throw run.fatal(`Duplicate resource URN '${urn}'; try giving it a unique name`, urn);
    run.urns.add(urn);
    return urn;
  }

  /** Carries a registration out. @throws Stopped when the run ends first */
  async register(goal: Goal): Promise<Registered> {
    const { run } = this;
    if (run.stopped) throw new Stopped();
    const urn = this.claim(goal.type, goal.name, goal.parent);
    const { old, alias } = this.lookUp(urn, goal);
    run.goals.set(urn, goal);
    const state = steps.stateOf(urn, goal, old, alias);
    if (isProviderType(goal.type)) {
      run.providers.set(urn, state);
      if (alias) run.providers.set(alias, state);
    }
    try {
      const work: Work = { urn, goal, old, state, provider: await this.providerFor(urn, goal), seed: randomBytes(32) };
      return await this.proceed(work);
    } catch (error) {
      if (error instanceof Stopped) throw error;
      throw run.stopped ? new Stopped() : run.fatal(providerErrorText(error), urn);
    }
  }

  private lookUp(urn: string, goal: Goal): { old?: ResourceState; alias?: string } {
    const { run } = this;
    const taken = run.aliasedTo.get(urn);
    if (taken) {
      throw run.fatal(`Duplicate resource URN '${urn}' conflicting with alias on resource with URN '${taken}'`, urn);
    }
    const candidates = [urn, ...aliasUrns(goal, { scope: run.scope, aliasOf: run.aliasOf })];
    const found = candidates.find((candidate) => run.olds.has(candidate));
    if (!found || found === urn) return { old: run.olds.get(urn) };
    const holder = run.urns.has(found) ? found : run.aliasedTo.get(found);
    if (holder) {
      throw run.fatal(
        `Duplicate resource alias '${found}' applied to resource with URN '${urn}' conflicting with '${holder}'`,
        urn,
      );
    }
    run.aliasedTo.set(found, urn);
    run.aliasOf.set(urn, found);
    return { old: run.olds.get(found), alias: found };
  }

  private async providerFor(urn: string, goal: Goal): Promise<Work["provider"]> {
    if (!goal.custom) return undefined;
    if (isProviderType(goal.type)) return "registry";
    if (!goal.provider) throw new Error(`${urn} has no provider`);
    return this.run.registry.ensure(goal.provider, this.run.prev);
  }

  private async proceed(work: Work): Promise<Registered> {
    const { goal, old, urn } = work;
    const importId = goal.custom ? goal.importId : "";
    const knownAs = old ? (old.importID ?? old.id) : undefined;
    if (importId && (!old || old.external || knownAs !== importId)) return this.import(work);
    const chain = await this.chainFor(work);
    if (chain.length === 0) chain.push(this.same(work));
    return this.carryOut(urn, chain);
  }

  /**
   * Decisions are made one at a time, in the order of the registrations: each may rest on those before it, and after
   * one that fails there is no further one.
   */
  private async inTurn<A>(decide: () => Promise<A>): Promise<A> {
    const before = this.turn;
    const decision = before.then(() => {
      if (this.run.stopped) throw new Stopped();
      return decide();
    });
    this.turn = decision.then(
      () => undefined,
      () => undefined,
    );
    return decision;
  }

  private same({ urn, old, state }: Work): Step {
    this.run.decided.sames.add(urn);
    return old ? steps.sameStep(old, state) : steps.createStep(state);
  }

  private async carryOut(urn: string, chain: Step[]): Promise<Registered> {
    const { run, executor } = this;
    const last = chain.findLast((step) => step.urn === urn && step.new) ?? chain[chain.length - 1];
    const state = last?.new ?? last?.old;
    if (!state) throw new Error(`no step for ${urn}`);
    if (executor.broken.size > 0 && [...allUrns(state)].some((dependency) => executor.broken.has(dependency))) {
      executor.broken.add(urn);
      return { state, skipped: false, result: "skip" };
    }
    const outcome = await executor.execute(chain);
    if (run.stopped && outcome === "failed") throw new Stopped();
    return { state, skipped: last?.skipped === true, result: outcome === "done" ? "success" : "fail" };
  }

  /** Imports an existing object; what then differs from the program is updated in the same run. */
  private async import(work: Work): Promise<Registered> {
    const { run } = this;
    const { urn, goal, old } = work;
    run.decided.imports.add(urn);
    const imported = work.state;
    const recreating = run.decided.deletes.has(urn);
    const outcome = await this.executor.execute(steps.importSteps(recreating ? undefined : old, imported));
    if (outcome === "failed") return { state: imported, skipped: false, result: "fail" };
    const state = { ...steps.stateOf(urn, goal, imported, imported.aliases?.[0]) };
    const chain = await this.chainFor({ ...work, old: imported, state });
    if (chain.length === 0) return { state: imported, skipped: false, result: "success" };
    return this.carryOut(urn, chain);
  }

  /**
   * The steps for a registration; none when nothing is to be done. Providers are asked about many registrations at
   * once; what is decided on their answers, is decided in turn.
   */
  private async chainFor(work: Work): Promise<Step[]> {
    // A policy pack must not be asked about what an earlier verdict has already stopped.
    if (this.run.policies) return this.inTurn(async () => this.decide(work, await this.prepare(work)));
    const prepared = this.prepare(work);
    // Whoever is in turn reports the error; until then it is nobody's.
    prepared.catch(() => undefined);
    return this.inTurn(async () => this.decide(work, await prepared));
  }

  /** Asks the provider, and the policies, what there is to know before a decision. */
  private async prepare(work: Work): Promise<Prepared> {
    const { run } = this;
    const { urn, goal, old, state } = work;
    const implicit = isProviderType(goal.type) || goal.type === ROOT_STACK_TYPE;
    const targeted = implicit || isIncluded(run, state);
    const recreating = run.decided.deletes.has(urn);
    const fresh = recreating || old?.external === true || this.isForced(urn) || !old;
    await this.checkInputs(work, { targeted, fresh });
    if (run.policies && targeted) await this.judge(work);
    const asks = old && targeted && !recreating && !old.external;
    return { targeted, implicit, diff: asks ? await this.diff(work, old) : undefined };
  }

  private decide(work: Work, { targeted, implicit, diff }: Prepared): Promise<Step[]> | Step[] {
    const { run } = this;
    const { urn, old, state } = work;
    // Deleted in front of what it depends on, perhaps while the provider was asked about it.
    if (old && run.decided.deletes.has(urn)) return this.recreate(work);
    if (old?.external) {
      run.decided.creates.add(urn);
      return steps.replaceSteps(old, state, undefined);
    }
    if (targeted && !implicit && isIncludedByOption(run, state)) run.targetsActual.add(urn);
    if (!old) {
      if (!targeted) {
        run.decided.sames.add(urn);
        run.decided.skipped.add(urn);
        return [steps.skippedStep(state)];
      }
      run.decided.creates.add(urn);
      return [steps.createStep(state)];
    }
    if (!targeted) return untargetedChain(run, old, urn);
    return this.chainFromDiff(work, old, diff ?? NO_DIFF);
  }

  private recreate({ urn, old, state }: Work): Step[] {
    const { decided } = this.run;
    decided.deletes.delete(urn);
    decided.replaces.add(urn);
    return old ? steps.recreateDependentSteps(old, state, this.dependentKeys.get(urn)) : [steps.createStep(state)];
  }

  private isForced(urn: string): boolean {
    return this.run.options.replace.active && this.run.options.replace.names(urn);
  }

  /** Fills in the checked inputs. */
  private async checkInputs(work: Work, { targeted, fresh }: { targeted: boolean; fresh: boolean }): Promise<void> {
    const { goal, old, state } = work;
    const news = old ? this.withIgnored(work, goal.inputs, old) : goal.inputs;
    if (!work.provider) {
      state.inputs = news;
      return;
    }
    if (!targeted) {
      state.inputs = old?.inputs ?? {};
      return;
    }
    state.inputs = fresh ? await this.check(work, {}, goal.inputs) : await this.check(work, old?.inputs ?? {}, news);
  }

  private withIgnored({ urn, goal }: Work, news: Props, old: ResourceState): Props {
    const { inputs, invalid } = applyIgnoreChanges(news, old.inputs ?? {}, goal.ignoreChanges);
    if (invalid.length > 0) {
      const list = invalid.join(", ");
      this.run.events.diagnostic(
        "info",
        `cannot ignore changes in added or removed elements of the path: "${list}"`,
        urn,
      );
    }
    return inputs;
  }

  private async check(work: Work, olds: Props, news: Props): Promise<Props> {
    const { urn, state, provider, seed } = work;
    const answer: CheckAnswer =
      provider === "registry" || provider === undefined
        ? await this.run.registry.check(urn, olds, news)
        : await provider.check({ urn, olds, news, randomSeed: seed });
    if (answer.failures.length > 0) throw this.refuse(state, answer);
    return answer.inputs;
  }

  private refuse(state: ResourceState, { failures, inputs }: CheckAnswer): Stopped {
    const texts = failures.map((failure) => checkFailureText(state, failure, this.run.events.maskProps(inputs)));
    for (const text of texts.slice(0, -1)) this.run.events.diagnostic("error", text, state.urn);
    return this.run.fatal(texts[texts.length - 1] ?? "check failed", state.urn);
  }

  private async judge(work: Work): Promise<void> {
    const { run } = this;
    const valid = await run.policies?.judgeResource(run, work.state, work.goal);
    if (valid === false) {
      run.failed = true;
      run.stop("error");
      throw new Stopped();
    }
  }

  private async chainFromDiff(work: Work, old: ResourceState, asked: Diff): Promise<Step[]> {
    const { run } = this;
    const { urn, goal, state } = work;
    const hasInitErrors = (old.initErrors?.length ?? 0) > 0;
    const diff = applyReplaceOnChanges(asked, goal.replaceOnChanges, hasInitErrors);
    if (diff.changes === "some" || old.pendingReplacement) {
      if (replaces(diff) || old.pendingReplacement) return this.replace(work, old, diff);
      run.decided.updates.add(urn);
      return [steps.updateStep(old, state, { diff, ignoreChanges: goal.ignoreChanges })];
    }
    if (!hasInitErrors) return [];
    // Unchanged, but it never became ready: an update lets the provider try again.
    run.decided.updates.add(urn);
    return [steps.updateStep(old, state, { diff, ignoreChanges: goal.ignoreChanges })];
  }

  private async replace(work: Work, old: ResourceState, diff: Diff): Promise<Step[]> {
    const { run } = this;
    const { urn, goal, state } = work;
    if (state.protect && old.protect) {
      run.events.diagnostic("error", protectedText(urn), urn);
      run.failed = true;
      if (!run.options.preview) {
        run.stop("error");
        throw new Stopped();
      }
    }
    if (goal.importId) {
      if (!run.options.preview) throw new Error(IMPORT_REPLACED);
      run.events.diagnostic("warning", IMPORT_REPLACED, urn);
    }
    run.decided.replaces.add(urn);
    // Defaults that Check carried over from the old object do not hold for a new one.
    if (work.provider && !this.isForced(urn)) state.inputs = await this.check(work, {}, goal.inputs);
    if (!(goal.deleteBeforeReplace ?? diff.deleteBeforeReplace)) return steps.replaceSteps(old, state, diff);

    const dependents = await dependentReplacements(run, old);
    const pending = dependents.filter(({ state: dependent }) => !this.condemned.has(dependent));
    for (const { state: dependent, keys } of pending) {
      if (dependent.protect) throw run.fatal(protectedText(dependent.urn, urn), urn);
      this.dependentKeys.set(dependent.urn, keys);
      run.decided.deletes.add(dependent.urn);
      this.condemned.add(dependent);
    }
    if (!old.pendingReplacement) run.earlyDeletes.add(old.urn);
    return steps.deleteFirstSteps(old, state, { diff, dependents: pending.map((entry) => entry.state) });
  }

  private async diff(work: Work, old: ResourceState): Promise<Diff> {
    const { run } = this;
    const { urn, goal, state, provider } = work;
    const blame = (key: string): Diff => ({ ...SOME_DIFF, replaceKeys: [key] });
    if (this.isForced(urn) || old.taint) return blame("id");
    if (goal.replaceWith.some((other) => run.decided.replaces.has(other))) return blame("replaceWith");
    if (goal.deletedWith && run.decided.replaces.has(goal.deletedWith)) return blame("deletedWith");
    if (await this.providerChanged(old, state)) return blame("provider");
    const inputs = state.inputs ?? {};
    if (!provider) return equal(old.inputs ?? {}, inputs) ? NO_DIFF : SOME_DIFF;
    if (provider === "registry") return run.registry.diff(old, urn, inputs);
    try {
      return await diffResource(provider, {
        urn,
        id: old.id ?? "",
        oldInputs: old.inputs ?? {},
        oldOutputs: old.outputs ?? {},
        newInputs: inputs,
        ignoreChanges: goal.ignoreChanges,
      });
    } catch (error) {
      if (!(error instanceof DiffUnavailable)) throw error;
      run.events.diagnostic("warning", error.message, urn);
      return SOME_DIFF;
    }
  }

  /** A changed provider reference replaces only where the new provider says that it cannot manage what the old one made. */
  private async providerChanged(old: ResourceState, state: ResourceState): Promise<boolean> {
    const { run } = this;
    if (old.provider === state.provider) return false;
    const before = referenceUrn(old.provider);
    const after = referenceUrn(state.provider);
    if (!before || !after || !state.provider) return true;
    if (run.aliasedTo.get(before) === after) return false;
    const oldProvider = run.olds.get(before);
    const newProvider = run.providers.get(after);
    if (!oldProvider || !newProvider) return true;
    return replaces(await run.registry.diffBetween(state.provider, oldProvider, newProvider));
  }
}
