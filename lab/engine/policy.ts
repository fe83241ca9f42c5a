// SPDX-License-Identifier: Apache-2.0
/** Asks policy packs about resources and about the whole stack, and says what they find. */
import * as pb from "@pulumi/pulumi/proto/analyzer_pb";
import { LEVELS, PolicyPack } from "./policy-pack";
import type { Level, PackOptions } from "./policy-pack";
import type { Run } from "./run";
import type { Goal, ResourceState } from "./types";
import { referenceUrn, stackUrn, urnName } from "./urn";
import { fromStruct, toStruct } from "./values";
import type { Props } from "./values";

/** Keys that are the engine's or the SDK's own affair. */
function withoutInternal(props: Props): Props {
  return Object.fromEntries(Object.entries(props).filter(([key]) => !key.startsWith("__")));
}

export class Policies {
  private constructor(private readonly packs: PolicyPack[]) {}

  /** Starts packs. */
  static async start(packs: PackOptions[]): Promise<Policies> {
    const started = await Promise.allSettled(packs.map((pack) => PolicyPack.start(pack)));
    const running = started.flatMap((result) => (result.status === "fulfilled" ? [result.value] : []));
    const failed = started.find((result) => result.status === "rejected");
    if (failed) {
      await Promise.all(running.map((pack) => pack.stop()));
      throw failed.reason;
    }
    return new Policies(running);
  }

  /**
   * Lets remediations change a resource's inputs, then has it judged.
   * @returns false when a mandatory policy forbids it
   */
  async judgeResource(run: Run, state: ResourceState, goal: Goal): Promise<boolean> {
    for (const pack of this.packs) await this.remediate(run, pack, { state, goal });
    const request = requestFor(run, state, { goal, props: withoutInternal(state.inputs ?? {}) });
    const results = await Promise.all(this.packs.map(async (pack) => [pack, await pack.analyze(request)] as const));
    let forbidden = false;
    for (const [pack, diagnostics] of results) {
      for (const diagnostic of diagnostics)
        forbidden = this.tell(run, pack, { diagnostic, urn: state.urn }) || forbidden;
    }
    if (!forbidden) return true;
    // A preview goes on, to show everything that is wrong at once.
    run.stepFailed = true;
    return run.options.preview;
  }

  private async remediate(
    run: Run,
    pack: PolicyPack,
    { state, goal }: { state: ResourceState; goal: Goal },
  ): Promise<void> {
    for (const result of await pack.remediate(requestFor(run, state, { goal, props: state.inputs ?? {} }))) {
      const names = {
        resourceUrn: state.urn,
        policyName: result.getPolicyname(),
        policyPackName: result.getPolicypackname(),
        policyPackVersion: pack.version || result.getPolicypackversion(),
      };
      if (result.getDiagnostic()) {
        run.events.emit({
          event: "policyEvent",
          ...names,
          enforcementLevel: "advisory",
          message: run.events.mask(messageText(result.getDiagnostic())),
        });
        continue;
      }
      const after = fromStruct(result.getProperties());
      run.events.emit({
        event: "policyRemediationEvent",
        ...names,
        before: run.events.maskProps(state.inputs ?? {}),
        after: run.events.maskProps(after),
      });
      state.inputs = after;
    }
  }

  /**
   * Has the whole stack judged.
   * @returns false when a mandatory policy is violated
   */
  async judgeStack(run: Run): Promise<boolean> {
    const request = new pb.AnalyzeStackRequest();
    request.setResourcesList([...run.news.values()].map((state) => stackResource(run, state)));
    const results = await Promise.all(
      this.packs.map(async (pack) => [pack, await pack.analyzeStack(request)] as const),
    );
    let forbidden = false;
    for (const [pack, diagnostics] of results) {
      for (const diagnostic of diagnostics) {
        const named = diagnostic.getUrn();
        const urn = run.news.has(named) ? named : stackUrn(run.scope);
        forbidden = this.tell(run, pack, { diagnostic, urn }) || forbidden;
      }
    }
    return !forbidden;
  }

  /** Reports a violation. @returns true when it forbids the resource */
  private tell(run: Run, pack: PolicyPack, found: { diagnostic: pb.AnalyzeDiagnostic; urn: string }): boolean {
    const { diagnostic, urn } = found;
    const level: Level = LEVELS[diagnostic.getEnforcementlevel()] ?? "advisory";
    if (level === "disabled") return false;
    // What a remediation has left wrong counts as forbidden.
    const effective = level === "remediate" ? "mandatory" : level;
    run.events.emit({
      event: "policyEvent",
      resourceUrn: urn,
      policyName: diagnostic.getPolicyname(),
      policyPackName: diagnostic.getPolicypackname(),
      policyPackVersion: pack.version || diagnostic.getPolicypackversion(),
      enforcementLevel: effective,
      message: run.events.mask(messageText(diagnostic.getMessage())),
    });
    return effective === "mandatory";
  }

  async stop(): Promise<void> {
    await Promise.all(this.packs.map((pack) => pack.stop()));
  }
}

function messageText(message: string): string {
  return message.endsWith("\n") ? message : `${message}\n`;
}

function optionsFor(state: ResourceState, goal: Goal | undefined): pb.AnalyzerResourceOptions {
  const options = new pb.AnalyzerResourceOptions();
  options.setProtect(state.protect === true);
  options.setIgnorechangesList(state.ignoreChanges ?? []);
  options.setDeletebeforereplace(goal?.deleteBeforeReplace === true);
  options.setDeletebeforereplacedefined(goal?.deleteBeforeReplace !== undefined);
  options.setAdditionalsecretoutputsList(state.additionalSecretOutputs ?? []);
  options.setAliasesList(state.aliases ?? []);
  const timeouts = new pb.AnalyzerResourceOptions.CustomTimeouts();
  timeouts.setCreate(state.customTimeouts?.create ?? 0);
  timeouts.setUpdate(state.customTimeouts?.update ?? 0);
  timeouts.setDelete(state.customTimeouts?.delete ?? 0);
  options.setCustomtimeouts(timeouts);
  options.setParent(state.parent ?? "");
  return options;
}

function providerFor(run: Run, state: ResourceState): pb.AnalyzerProviderResource | undefined {
  const urn = referenceUrn(state.provider);
  const provider = urn ? (run.providers.get(urn) ?? run.olds.get(urn)) : undefined;
  if (!provider) return undefined;
  const message = new pb.AnalyzerProviderResource();
  message.setUrn(provider.urn);
  message.setType(provider.type);
  message.setName(urnName(provider.urn));
  message.setProperties(toStruct(withoutInternal(provider.inputs ?? {})));
  return message;
}

function requestFor(run: Run, state: ResourceState, { goal, props }: { goal: Goal; props: Props }): pb.AnalyzeRequest {
  const request = new pb.AnalyzeRequest();
  request.setUrn(state.urn);
  request.setType(state.type);
  request.setName(urnName(state.urn));
  request.setProperties(toStruct(props));
  request.setOptions(optionsFor(state, goal));
  request.setProvider(providerFor(run, state));
  return request;
}

function stackResource(run: Run, state: ResourceState): pb.AnalyzerResource {
  const resource = new pb.AnalyzerResource();
  resource.setUrn(state.urn);
  resource.setType(state.type);
  resource.setName(urnName(state.urn));
  resource.setProperties(toStruct(withoutInternal(state.outputs ?? {})));
  resource.setOptions(optionsFor(state, run.goals.get(state.urn)));
  resource.setProvider(providerFor(run, state));
  resource.setParent(state.parent ?? "");
  resource.setDependenciesList(state.dependencies ?? []);
  for (const [key, urns] of Object.entries(state.propertyDependencies ?? {})) {
    const entry = new pb.AnalyzerPropertyDependencies();
    entry.setUrnsList(urns);
    resource.getPropertydependenciesMap().set(key, entry);
  }
  return resource;
}
