// SPDX-License-Identifier: Apache-2.0
/** The resources and functions of the engine itself: stack references and looking up a resource of this run. */
import { randomUUID } from "node:crypto";
import { NO_DIFF, SOME_DIFF } from "./provider";
import type { CheckAnswer, DiffArgs, InvokeAnswer, ObjectState, Provider } from "./provider";
import type { ReadAnswer, UpdateArgs } from "./provider";
import type { Diff, ResourceState } from "./types";
import { ROOT_STACK_TYPE, urnType } from "./urn";
import { contains, equal, isSecret } from "./values";
import type { Props, Value } from "./values";

const STACK_REFERENCE = "pulumi:pulumi:StackReference";
/** Keeps the first value that it was given, whatever it is given later. */
const STASH = "pulumi:index:Stash";
const READ_STACK_OUTPUTS = "pulumi:pulumi:readStackOutputs";
const READ_STACK_RESOURCES = "pulumi:pulumi:readStackResourceOutputs";
const GET_RESOURCE = "pulumi:pulumi:getResource";

/** The one property of each of the engine's own resources. */
const PROPERTIES: Readonly<Record<string, string>> = { [STACK_REFERENCE]: "name", [STASH]: "input" };

export interface BuiltinSources {
  /** The opened resources of another stack, `org/project/stack`; undefined when there is no such stack. */
  otherStack(name: string): Promise<ResourceState[] | undefined>;
  /** A resource of this stack. */
  resource(urn: string): ResourceState | undefined;
}

function textOf(value: Value | undefined): string {
  return typeof value === "string" ? value : "";
}

function propertyOf(urn: string): string {
  const type = urnType(urn);
  const property = PROPERTIES[type];
  if (property === undefined) throw new Error(`unrecognized resource type '${type}'`);
  return property;
}

function refusal(property: string, reason: string): CheckAnswer {
  return { inputs: {}, failures: [{ property, reason }] };
}

export class BuiltinProvider implements Provider {
  constructor(private readonly sources: BuiltinSources) {}

  async check({ urn, news }: { urn: string; news: Props }): Promise<CheckAnswer> {
    const key = propertyOf(urn);
    const unknown = Object.keys(news).find((name) => name !== key);
    if (unknown !== undefined) return refusal(unknown, `unknown property "${unknown}"`);
    if (news[key] === undefined) return refusal(key, `missing required property "${key}"`);
    if (key === "name" && typeof news.name !== "string") return refusal(key, 'property "name" must be a string');
    return { inputs: news, failures: [] };
  }

  async diff({ urn, oldInputs, newInputs }: DiffArgs): Promise<Diff> {
    const key = propertyOf(urn);
    if (equal(oldInputs[key], newInputs[key])) return NO_DIFF;
    return key === "name" ? { ...SOME_DIFF, replaceKeys: [key] } : { ...SOME_DIFF, changedKeys: [key] };
  }

  async create({ urn, inputs, preview }: { urn: string; inputs: Props; preview: boolean }): Promise<ObjectState> {
    const { input = null } = inputs;
    const outputs = urnType(urn) === STASH ? { input, output: input } : await this.outputsOf(textOf(inputs.name));
    return { id: preview ? "" : randomUUID(), outputs };
  }

  async update({ id, newInputs, oldOutputs }: UpdateArgs): Promise<ObjectState> {
    return { id, outputs: { input: newInputs.input ?? null, output: oldOutputs.output ?? null } };
  }

  delete(): Promise<void> {
    return Promise.resolve();
  }

  async read({ urn, id, inputs = {}, outputs = {} }: Parameters<Provider["read"]>[0]): Promise<ReadAnswer> {
    if (urnType(urn) === STASH) {
      if (Object.keys(inputs).length === 0) throw new Error("stash can not be imported");
      return { id, inputs, outputs };
    }
    if (inputs.name === undefined) throw new Error("stack reference can not be imported");
    return { id, inputs, outputs: await this.outputsOf(textOf(outputs.name ?? inputs.name)) };
  }

  private async outputsOf(name: string): Promise<Props> {
    const states = await this.otherStack(name);
    const outputs = states.find((state) => state.type === ROOT_STACK_TYPE && !state.delete)?.outputs ?? {};
    const secrets = Object.keys(outputs).filter((key) => contains(outputs[key], isSecret));
    return { name, outputs, secretOutputNames: secrets.sort() };
  }

  private async otherStack(name: string): Promise<ResourceState[]> {
    const states = await this.sources.otherStack(name);
    if (!states) throw new Error(`unknown stack "${name}"`);
    return states;
  }

  async invoke({ token, args }: { token: string; args: Props }): Promise<InvokeAnswer> {
    if (token === READ_STACK_OUTPUTS) return { result: await this.outputsOf(textOf(args.name)), failures: [] };
    if (token === READ_STACK_RESOURCES) return { result: await this.resourcesOf(textOf(args.stackName)), failures: [] };
    if (token !== GET_RESOURCE) throw new Error(`unrecognized function name: '${token}'`);
    const urn = textOf(args.urn);
    const state = this.sources.resource(urn);
    if (!state) throw new Error(`unknown resource ${urn}`);
    return { result: { urn, id: state.id ?? "", state: state.outputs ?? {} }, failures: [] };
  }

  /** Type and outputs of every resource of a stack, by URN. */
  private async resourcesOf(name: string): Promise<Props> {
    const kept = (await this.otherStack(name)).filter((state) => !state.delete);
    const outputs = kept.map(({ urn, type, outputs: values = {} }) => [urn, { type, outputs: values }] as const);
    return { name, outputs: Object.fromEntries(outputs) };
  }

  cancel(): Promise<void> {
    return Promise.resolve();
  }

  stop(): Promise<void> {
    return Promise.resolve();
  }
}
