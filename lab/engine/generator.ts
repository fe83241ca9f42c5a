// SPDX-License-Identifier: Apache-2.0
/** Step generation, the asking half: looks up what was, asks the provider, decides, and has the steps carried out. */
import { randomBytes } from "node:crypto";
import { aliasUrns } from "./aliases";
import type { Named } from "./aliases";
import { deniedPackage } from "./default-providers";
import { cascadingReplacements, dependentReplacements } from "./dependents";
import { differenceOf, isForced } from "./differences";
import type { Work } from "./differences";
import { applyIgnoreChanges, applyReplaceOnChanges, replaces } from "./diffing";
import type { Executor } from "./executor";
import { needs } from "./graph";
import { checkFailureText, deniedText, duplicateAliasText, importReplacedText, protectedText } from "./messages";
import type { Policies } from "./policy";
import { NO_DIFF } from "./provider";
import { providerErrorText } from "./provider-client";
import { Stopped } from "./run";
import type { Run } from "./run";
import * as steps from "./steps";
import { assertTargeted, isIncluded, isIncludedByOption, neededOlds, untargetedChain } from "./targets";
import type { Diff, Goal, ResourceState, Step } from "./types";
import { ROOT_STACK_TYPE, isProviderType, makeUrn } from "./urn";
import { containsUnknown, withoutUnknowns } from "./values";
import type { Props } from "./values";

/** What a registration came to. */
export interface Registered {
  state: ResourceState;
  /** The object was not made, because it is not a target: its outputs are unknown. */
  skipped: boolean;
  result: "success" | "fail" | "skip";
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
  /** Whether such a deletion, by URN, was carried out. */
  private readonly earlyDeletions = new Map<string, Promise<boolean>>();
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
    const { old, alias, invalid } = this.lookUp(urn, goal);
    run.goals.set(urn, goal);
    const state = steps.stateOf(urn, goal, old, alias);
    if (isProviderType(goal.type)) {
      run.providers.set(urn, state);
      if (alias) run.providers.set(alias, state);
    }
    try {
      const provider = await this.providerFor(urn, goal);
      return await this.proceed({ urn, goal, old, state, provider, seed: randomBytes(32), invalid });
    } catch (error) {
      if (error instanceof Stopped) throw error;
      throw run.stopped ? new Stopped() : run.fatal(providerErrorText(error), urn);
    }
  }

  /** The state that a registration continues, under its present name or, with an alias, a former one. */
  lookUp(urn: string, goal: Named): { old?: ResourceState; alias?: string; invalid: boolean } {
    const { run } = this;
    let invalid = false;
    const refuse = (text: string): void => {
      run.events.diagnostic("error", text, urn);
      invalid = true;
    };
    const taken = run.aliasedTo.get(urn);
    if (taken) refuse(`Duplicate resource URN '${urn}' conflicting with alias on resource with URN '${taken}'`);
    const candidates = [urn, ...aliasUrns(goal, { scope: run.scope, aliasOf: run.aliasOf })];
    const found = candidates.find((candidate) => run.olds.has(candidate));
    if (!found || found === urn) return { old: run.olds.get(urn), invalid };
    if (run.urns.has(found)) refuse(duplicateAliasText(found, urn, urn));
    const holder = run.aliasedTo.get(found);
    if (holder) refuse(duplicateAliasText(found, urn, holder));
    run.aliasedTo.set(found, urn);
    run.aliasOf.set(urn, found);
    run.registry.alias(urn, found);
    return { old: run.olds.get(found), alias: found, invalid };
  }

  private async providerFor(urn: string, goal: Goal): Promise<Work["provider"]> {
    if (!goal.custom) return undefined;
    if (isProviderType(goal.type)) return "registry";
    if (!goal.provider) throw new Error(`${urn} has no provider`);
    const denied = deniedPackage(goal.provider);
    if (denied !== undefined) throw this.run.fatal(deniedText(denied, urn), urn);
    return this.run.registry.ensure(goal.provider, this.run.prev);
  }

  private async proceed(work: Work): Promise<Registered> {
    const { goal, old, urn } = work;
    const importId = goal.custom ? goal.importId : "";
    const knownAs = old ? (old.importID ?? old.id) : undefined;
    if (importId && (!old || old.external || knownAs !== importId)) return this.import(work);
    return this.carryOut(urn, await this.chainFor(work, () => this.same(work)));
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
    if (executor.broken.size > 0 && needs(state).some((dependency) => executor.broken.has(dependency))) {
      executor.broken.add(urn);
      return { state, skipped: false, result: "skip" };
    }
    // Its replacement is made when the old object is gone, not while it goes.
    if ((await this.earlyDeletions.get(urn)) === false) {
      if (run.stopped) throw new Stopped();
      executor.broken.add(urn);
      return { state, skipped: false, result: "skip" };
    }
    const outcome = await executor.execute(chain);
    if (run.stopped && outcome === "failed") throw new Stopped();
    // Whatever step of it failed, the resource is not what the program asks for.
    if (outcome === "failed") executor.broken.add(urn);
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
    const chain = await this.chainFor({ ...work, old: imported, state }, () => undefined);
    if (chain.some((step) => step.urn === urn)) return this.carryOut(urn, chain);
    await this.executor.execute(chain);
    return { state: imported, skipped: false, result: "success" };
  }

  /**
   * The steps for a registration. Providers are asked about many registrations at once; what is decided on their
   * answers, is decided in turn.
   * @param otherwise - the step, if any, where nothing is to be done
   */
  private async chainFor(work: Work, otherwise: () => Step | undefined): Promise<Step[]> {
    const settle = async (prepared: Prepared): Promise<Step[]> => {
      const chain = [...(await this.decide(work, prepared))];
      const step = chain.length === 0 ? otherwise() : undefined;
      if (step) chain.push(step);
      if (prepared.targeted) chain.unshift(...neededOlds(this.run, work.state));
      assertTargeted(this.run, chain);
      return chain;
    };
    // A policy pack must not be asked about what an earlier verdict has already stopped.
    if (this.run.policies) return this.inTurn(async () => settle(await this.prepare(work)));
    const prepared = this.prepare(work);
    // Whoever is in turn reports the error; until then it is nobody's.
    prepared.catch(() => undefined);
    return this.inTurn(async () => settle(await prepared));
  }

  /** Asks the provider, and the policies, what there is to know before a decision. */
  private async prepare(work: Work): Promise<Prepared> {
    const { run } = this;
    const { urn, goal, old, state } = work;
    const implicit = isProviderType(goal.type) || goal.type === ROOT_STACK_TYPE;
    const targeted = implicit || isIncluded(run, state);
    const recreating = run.decided.deletes.has(urn);
    const fresh = recreating || old?.external === true || isForced(run, urn, old) || !old;
    await this.checkInputs(work, { targeted, fresh });
    if (run.policies && !(await this.isAllowed(run.policies, state))) work.invalid = true;
    this.assertValid(work);
    const asks = old && targeted && !recreating && !old.external;
    return { targeted, implicit, diff: asks ? await differenceOf(run, work, old) : undefined };
  }

  /** What the policies make of a resource. A preview goes on, to show everything that is wrong at once. */
  private async isAllowed(policies: Policies, state: ResourceState): Promise<boolean> {
    const { run } = this;
    state.inputs = await policies.remediate(run.judged, state, true);
    if (await policies.judgeResource(run.judged, state)) return true;
    if (run.options.preview) run.flawed = true;
    return run.options.preview;
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

  /** @throws Stopped where an error was told that lets nothing come of the registration */
  private assertValid({ invalid }: Work): void {
    const { run } = this;
    if (!invalid) return;
    run.failed = true;
    run.stop("error");
    throw new Stopped();
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
    const { run } = this;
    const { urn, state, provider, seed } = work;
    const { inputs, failures } =
      provider === "registry" || provider === undefined
        ? await run.registry.check(urn, olds, news)
        : await provider.check({
            urn,
            olds,
            news: run.options.preview ? news : withoutUnknowns(news),
            randomSeed: seed,
          });
    for (const failure of failures) run.events.diagnostic("error", checkFailureText(state, failure), urn);
    if (failures.length > 0) work.invalid = true;
    return inputs;
  }

  private async chainFromDiff(work: Work, old: ResourceState, asked: Diff): Promise<Step[]> {
    const { run } = this;
    const { urn, goal, state } = work;
    if (!run.options.preview && containsUnknown(goal.replacementTrigger))
      throw run.fatal(`replacement trigger contains unknowns for ${urn}`, urn);
    const hasInitErrors = (old.initErrors?.length ?? 0) > 0;
    const diff = applyReplaceOnChanges(asked, goal.replaceOnChanges, hasInitErrors);
    if (diff.changes === "some" || old.pendingReplacement) {
      if (replaces(diff) || diff.triggered || old.pendingReplacement) return this.replace(work, old, diff);
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
      if (!run.options.preview) throw run.fatal(protectedText(urn), urn);
      run.flaw(protectedText(urn), urn);
    }
    if (goal.importId) {
      const text = importReplacedText(diff.replaceKeys, old.inputs ?? {}, state.inputs ?? {});
      if (!run.options.preview) throw run.fatal(text, urn);
      run.events.diagnostic("warning", text, urn);
    }
    run.decided.replaces.add(urn);
    if (work.provider && !isForced(run, urn, old)) {
      // Defaults that Check carried over from the old object do not hold for a new one.
      state.inputs = await this.check(work, {}, goal.inputs);
      this.assertValid(work);
    }
    if (!(goal.deleteBeforeReplace ?? diff.deleteBeforeReplace)) return steps.replaceSteps(old, state, diff);

    const dependents = [...(await dependentReplacements(run, old)), ...cascadingReplacements(run, urn)];
    // The last of several reasons to go along is the one that counts.
    const reasons = new Map(dependents.map((dependent) => [dependent.state, dependent]));
    const pending = [...new Set(dependents.reverse().map((dependent) => dependent.state))]
      .reverse()
      .filter((dependent) => !this.condemned.has(dependent));
    for (const dependent of pending) {
      const keys = reasons.get(dependent)?.keys ?? [];
      if (dependent.protect && !dependent.delete) throw run.fatal(protectedText(dependent.urn, urn), urn);
      this.condemned.add(dependent);
      // What waits for its deletion anyway has a successor already, which stays.
      if (dependent.delete) continue;
      this.dependentKeys.set(dependent.urn, keys);
      run.decided.deletes.add(dependent.urn);
    }
    const chain = steps.deleteFirstSteps(old, state, { diff, dependents: pending });
    const ends = new Map(chain.map((step) => [step.old, step]));
    for (const dependent of pending) {
      const step = ends.get(dependent);
      if (step && !dependent.delete) this.earlyDeletions.set(dependent.urn, new Promise((done) => (step.onEnd = done)));
    }
    return chain;
  }
}
