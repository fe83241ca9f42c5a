// SPDX-License-Identifier: Apache-2.0
/** The resources and functions of the engine itself: stack references and looking up a resource of this run. */
import { randomUUID } from "node:crypto";
import { NO_DIFF } from "./provider";
import type { CheckAnswer, InvokeAnswer, ObjectState, Provider, ReadAnswer } from "./provider";
import type { Diff, ResourceState } from "./types";
import { ROOT_STACK_TYPE } from "./urn";
import { isSecret } from "./values";
import type { Props, Value } from "./values";

export const STACK_REFERENCE = "pulumi:pulumi:StackReference";
const GET_RESOURCE = "pulumi:pulumi:getResource";

export interface BuiltinSources {
  /** The opened resources of another stack, `org/project/stack`; undefined when there is no such stack. */
  otherStack(name: string): Promise<ResourceState[] | undefined>;
  /** A resource of this stack. */
  resource(urn: string): ResourceState | undefined;
}

function textOf(value: Value | undefined): string {
  return typeof value === "string" ? value : "";
}

export class BuiltinProvider implements Provider {
  constructor(private readonly sources: BuiltinSources) {}

  check({ urn, news }: { urn: string; news: Props }): Promise<CheckAnswer> {
    if (typeof news.name !== "string") return Promise.reject(new Error(`${urn}: name must be a string`));
    return Promise.resolve({ inputs: news, failures: [] });
  }

  diff(): Promise<Diff> {
    return Promise.resolve(NO_DIFF);
  }

  async create({ inputs, preview }: { inputs: Props; preview: boolean }): Promise<ObjectState> {
    return { id: preview ? "" : randomUUID(), outputs: await this.outputsOf(textOf(inputs.name)) };
  }

  async update({ id, newInputs }: { id: string; newInputs: Props }): Promise<ObjectState> {
    return { id, outputs: await this.outputsOf(textOf(newInputs.name)) };
  }

  delete(): Promise<void> {
    return Promise.resolve();
  }

  async read({ id, inputs, outputs }: { id: string; inputs: Props; outputs: Props }): Promise<ReadAnswer> {
    const name = inputs.name ?? outputs.name ?? id;
    return { id, inputs: { name }, outputs: await this.outputsOf(textOf(name)) };
  }

  private async outputsOf(name: string): Promise<Props> {
    const states = await this.sources.otherStack(name);
    if (!states) throw new Error(`unknown stack "${name}"`);
    const outputs = states.find((state) => state.type === ROOT_STACK_TYPE && !state.delete)?.outputs ?? {};
    const secrets = Object.keys(outputs).filter((key) => isSecret(outputs[key]));
    return { name, outputs, secretOutputNames: secrets };
  }

  invoke({ token, args }: { token: string; args: Props }): Promise<InvokeAnswer> {
    if (token !== GET_RESOURCE) return Promise.reject(new Error(`unrecognized function name: '${token}'`));
    const urn = textOf(args.urn);
    const state = this.sources.resource(urn);
    if (!state) return Promise.reject(new Error(`unknown resource ${urn}`));
    return Promise.resolve({ result: { urn, id: state.id ?? "", state: state.outputs ?? {} }, failures: [] });
  }

  cancel(): Promise<void> {
    return Promise.resolve();
  }

  stop(): Promise<void> {
    return Promise.resolve();
  }
}
