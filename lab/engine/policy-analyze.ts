// SPDX-License-Identifier: Apache-2.0
/** Policy packs on resources as they are in a state: no program runs, no provider is asked, nothing is changed. */
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { StateCodec } from "./checkpoint";
import { Events } from "./events";
import type { Listener } from "./events";
import { serveEngine } from "./monitor";
import { childEnvironment } from "./operation";
import type { PolicyPackOptions } from "./operation";
import { Policies } from "./policy";
import type { JudgedStack } from "./policy-requests";
import { openSalt } from "./secrets";
import { Stack } from "./stack";
import type { StackOptions } from "./stack";
import type { Deployment, ResourceState } from "./types";
import { ROOT_STACK_TYPE, isProviderType, splitUrn, stackUrn } from "./urn";
import { SECRET, isObject, makeSecret, rewrite, signatureOf } from "./values";
import type { Props, Value } from "./values";

/** What is to be judged: a stack, or a file as `stack export` writes it. */
export type AnalyzeSource = { stack: StackOptions } | { file: string; passphrase?: string };

export interface AnalyzeOptions {
  policyPacks: PolicyPackOptions[];
  onEvent?: Listener;
}

export interface AnalyzeResult {
  /** How many resources were judged. */
  resources: number;
  /** True when a mandatory policy is violated. */
  violated: boolean;
}

/**
 * Judges what is in a state. Remediations are told, not made.
 * @throws Error when the state cannot be read or a pack does not start
 */
export async function policyAnalyze(source: AnalyzeSource, options: AnalyzeOptions): Promise<AnalyzeResult> {
  if (options.policyPacks.length === 0) throw new Error("at least one --policy-pack must be given");
  const events = new Events(options.onEvent, []);
  const states = (await statesOf(source, events)).filter((state) => !state.delete);
  const [first] = states;
  if (!first) return { resources: 0, violated: false };
  const { stack, project } = splitUrn(first.urn);
  const scope = { stack, project };
  const engine = await serveEngine(events);
  let policies: Policies | undefined;
  try {
    const config = { values: {}, secretKeys: new Set<string>(), secretTexts: new Set<string>() };
    const common = { engineAddress: engine.address, scope, preview: false, config, env: childEnvironment() };
    const onLine = (line: string, stream: "stdout" | "stderr"): void => {
      events.diagnostic(stream === "stderr" ? "info#err" : "info", `${line}\n`);
    };
    policies = await Policies.start(
      options.policyPacks.map(({ dir, configFile }) => ({ ...common, dir: resolve(dir), configFile, onLine })),
      events,
    );
    const root = states.find((state) => state.type === ROOT_STACK_TYPE && !state.parent)?.urn ?? stackUrn(scope);
    const violated = !(await judge(policies, states, root));
    events.emit({
      event: "summary",
      isPreview: false,
      result: violated ? "failed" : "succeeded",
      resourceChanges: events.counts,
    });
    return { resources: states.length, violated };
  } finally {
    await policies?.stop();
    engine.server.forceShutdown();
  }
}

async function judge(policies: Policies, states: ResourceState[], root: string): Promise<boolean> {
  const providers = new Map(states.filter(({ type }) => isProviderType(type)).map((state) => [state.urn, state]));
  const judged: JudgedStack = { goalOf: () => undefined, providerOf: (urn) => providers.get(urn) };
  let allowed = true;
  for (const state of states) {
    await policies.remediate(judged, state, false);
    if (!(await policies.judgeResource(judged, state))) allowed = false;
  }
  return (await policies.judgeStack(judged, states, root)) && allowed;
}

async function statesOf(source: AnalyzeSource, events: Events): Promise<ResourceState[]> {
  if ("stack" in source) return (await (await Stack.open(source.stack, { create: false })).read()).resources;
  const { file, passphrase } = source;
  const content = JSON.parse(readFileSync(file, "utf8")) as { version?: number; deployment?: Deployment };
  if (content.version !== 3 || !content.deployment) {
    throw new Error(`${file}: must read {"version": 3, "deployment": {...}}, as stack export writes it`);
  }
  const { resources = [], secrets_providers: providers } = content.deployment;
  for (const { urn } of resources) {
    if (!urn.startsWith("urn:pulumi:")) throw new Error(`${file}: resource with the invalid URN '${urn}'`);
  }
  const salt = providers?.state?.salt;
  const crypter =
    salt === undefined || passphrase === undefined
      ? undefined
      : await openSalt(passphrase, salt).catch(() => undefined);
  const codec = new StateCodec(crypter);
  try {
    return resources.map((state) => codec.openState(state));
  } catch {
    events.diagnostic("warning", `the secrets in ${file} cannot be opened: policies see [secret] in their place`);
    return resources.map((state) => ({ ...state, inputs: blind(state.inputs), outputs: blind(state.outputs) }));
  }
}

/** Properties with every secret read as `[secret]`. */
function blind(props: Props | undefined): Props | undefined {
  if (!props) return undefined;
  return rewrite(props, (node): Value | undefined =>
    isObject(node) && signatureOf(node) === SECRET ? makeSecret("[secret]") : undefined,
  ) as Props;
}
