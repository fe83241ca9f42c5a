// SPDX-License-Identifier: Apache-2.0
/**
 * Provider instances by reference. A provider is itself a resource: its Check starts the plugin, its Create, Same or
 * Update configures it, and from then on `<urn>::<id>` stands for it.
 */
import { randomUUID } from "node:crypto";
import type { BuiltinProvider } from "./builtin-provider";
import { NO_DIFF, SOME_DIFF } from "./provider";
import type { CheckAnswer, ConfigurableProvider, Provider, ProviderSource } from "./provider";
import { DYNAMIC_PACKAGE } from "./plugin-host";
import type { Diff, ResourceState } from "./types";
import { providerPackage, splitReference, urnType } from "./urn";
import { UNKNOWN, equal } from "./values";
import type { Props, Value } from "./values";

/** The package that the engine itself provides. */
export const BUILTIN_PACKAGE = "pulumi";

interface Instance {
  provider: Provider;
  /** The configuring half; the engine's own provider has none. */
  plugin?: ConfigurableProvider;
}

/** The part of a provider's inputs that is configuration. */
export function providerConfig(inputs: Props): Props {
  return Object.fromEntries(Object.entries(inputs).filter(([key]) => key !== "__internal"));
}

function versionOf(inputs: Props): string {
  const version: Value | undefined = inputs.version;
  return typeof version === "string" ? version : "";
}

export class ProviderRegistry {
  /** Configured instances by reference. */
  private readonly ready = new Map<string, Promise<Provider>>();
  /** Started by Check, not yet configured: by URN. */
  private readonly checked = new Map<string, Instance>();
  /** Former URNs of providers by present one: states from before the run refer to them. */
  private readonly formers = new Map<string, string>();

  constructor(
    private readonly source: ProviderSource,
    private readonly builtin: BuiltinProvider,
  ) {}

  /** The instance a reference stands for, if it is configured in this run. */
  get(reference: string): Promise<Provider> | undefined {
    return this.ready.get(reference);
  }

  /** A provider's former URN stands for it too. */
  alias(urn: string, former: string): void {
    this.formers.set(urn, former);
  }

  private remember(urn: string, id: string, ready: Promise<Provider>): void {
    this.ready.set(`${urn}::${id}`, ready);
    const former = this.formers.get(urn);
    if (former !== undefined) this.ready.set(`${former}::${id}`, ready);
  }

  private async start(pkg: string, version: string): Promise<Instance> {
    if (pkg === BUILTIN_PACKAGE) return { provider: this.builtin };
    const plugin = await this.source.start(pkg, version);
    return { provider: plugin, plugin };
  }

  async check(urn: string, olds: Props, news: Props): Promise<CheckAnswer> {
    // A second Check is for a replacement: what the first one started belongs to nobody.
    await this.checked.get(urn)?.plugin?.stop();
    const instance = await this.start(providerPackage(urnType(urn)), versionOf(news));
    this.checked.set(urn, instance);
    const config = providerConfig(news);
    const answer = await instance.plugin?.checkConfig(urn, providerConfig(olds), config);
    const inputs = answer?.inputs ?? config;
    return {
      inputs: "__internal" in news ? { ...inputs, __internal: news.__internal ?? {} } : inputs,
      failures: answer?.failures ?? [],
    };
  }

  async diff(old: ResourceState, urn: string, inputs: Props): Promise<Diff> {
    const args = {
      urn,
      id: old.id ?? "",
      oldInputs: providerConfig(old.inputs ?? {}),
      oldOutputs: old.outputs ?? {},
      newInputs: providerConfig(inputs),
      ignoreChanges: [],
    };
    const diff = await this.checked.get(urn)?.plugin?.diffConfig(args);
    return this.judge(diff, old.inputs ?? {}, inputs);
  }

  /** Asks an instance of this run how another configuration of the same package differs. */
  async diffBetween(reference: string, old: ResourceState, now: ResourceState): Promise<Diff> {
    const provider = await this.ready.get(reference);
    const plugin = provider as ConfigurableProvider | undefined;
    const diff = await plugin?.diffConfig({
      urn: now.urn,
      id: old.id ?? "",
      oldInputs: providerConfig(old.inputs ?? {}),
      oldOutputs: old.outputs ?? {},
      newInputs: providerConfig(now.inputs ?? {}),
      ignoreChanges: [],
    });
    return diff ?? NO_DIFF;
  }

  /** Asks a provider of the state before the run how another configuration would matter to it. */
  async diffConfigured(state: ResourceState, inputs: Props, olds: readonly ResourceState[]): Promise<Diff> {
    const now = { ...state, inputs };
    const reference = `${state.urn}::${state.id ?? ""}`;
    await this.ensure(reference, olds);
    return this.judge(await this.diffBetween(reference, state, now), state.inputs ?? {}, inputs);
  }

  private judge(diff: Diff | undefined, olds: Props, news: Props): Diff {
    if (diff && diff.changes !== "unknown") return diff;
    return equal(providerConfig(olds), providerConfig(news))
      ? NO_DIFF
      : { ...SOME_DIFF, ...(diff ? { ...diff, changes: "some" } : {}) };
  }

  /** Configures what Check has started under a new id; in a preview the id is not known. */
  async create(urn: string, inputs: Props, preview: boolean): Promise<{ id: string; outputs: Props }> {
    const id = preview ? UNKNOWN : randomUUID();
    await this.configure({ urn, id, inputs });
    return { id, outputs: providerConfig(inputs) };
  }

  /** Configures an instance under an id that the state already has. */
  async configure({ urn, id, inputs }: { urn: string; id: string; inputs: Props }): Promise<void> {
    const reference = `${urn}::${id}`;
    if (this.ready.has(reference)) return;
    const checked = this.checked.get(urn);
    this.checked.delete(urn);
    const ready = this.configured({ urn, id }, inputs, checked);
    this.remember(urn, id, ready);
    await ready;
  }

  private async configured(ref: { urn: string; id: string }, inputs: Props, started?: Instance): Promise<Provider> {
    const instance = started ?? (await this.start(providerPackage(urnType(ref.urn)), versionOf(inputs)));
    await instance.plugin?.configure(ref, providerConfig(inputs));
    return instance.provider;
  }

  /** The instance of a reference, started from the state before the run if need be. */
  async ensure(reference: string, olds: readonly ResourceState[]): Promise<Provider> {
    const known = this.ready.get(reference);
    if (known) return known;
    const { urn, id } = splitReference(reference);
    const state = olds.find((candidate) => candidate.urn === urn && candidate.id === id);
    if (!state) throw new Error(`unknown provider '${reference}': it is neither in the program nor in the state`);
    const ready = this.configured({ urn, id }, state.inputs ?? {});
    this.remember(urn, id, ready);
    return ready;
  }

  /** True for the package whose provider takes the whole stack configuration. */
  static takesAllConfig(pkg: string): boolean {
    return pkg === DYNAMIC_PACKAGE;
  }
}
