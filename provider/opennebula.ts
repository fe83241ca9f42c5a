// SPDX-License-Identifier: Apache-2.0
import { checkProperties } from "./check";
import { checkConfiguration, Connection } from "./configuration";
import { renderSchema, RESOURCES } from "./definition";
import type { CallContext, DiffResult, PropertyMap, ProviderImplementation, ResourceId } from "./grpc/provider";
import { sameValue } from "./grpc/values";
import type { ResourceCall, ResourceHandler } from "./resource";
import { HostResource } from "./resources/host";
import { PROVIDER_NAME, PROVIDER_VERSION, TOKENS } from "./types";

/** The handlers by type token. */
export type Handlers = Record<string, ResourceHandler>;

/**
 * The provider `opennebula`.
 *
 * @param handlers - others than the real ones in tests of the dispatch or with shorter waits.
 */
export function openNebulaProvider(handlers: Handlers = { [TOKENS.host]: new HostResource() }): ProviderImplementation {
  const connection = new Connection();
  const handlerOf = ({ type }: ResourceId): ResourceHandler => {
    const handler = Object.hasOwn(handlers, type) ? handlers[type] : undefined;
    if (handler === undefined) throw new Error(`the provider ${PROVIDER_NAME} has no resource type ${type}`);
    return handler;
  };
  const callOf = (resource: ResourceId, context: CallContext): ResourceCall => ({
    resource,
    context,
    one: () => connection.open(),
  });
  return {
    name: PROVIDER_NAME,
    version: PROVIDER_VERSION,
    acceptSecrets: true,
    schema: () => JSON.stringify(renderSchema()),
    checkConfig: async (news) => checkConfiguration(news),
    diffConfig: async (olds, news) => diffConfiguration(olds, news),
    configure: async (args) => connection.configure(args),
    check: async (resource, news) => {
      const handler = handlerOf(resource);
      const checked = checkProperties(news, RESOURCES[resource.type]?.inputs ?? {});
      return { inputs: checked.inputs, failures: [...checked.failures, ...handler.check(checked.inputs)] };
    },
    diff: async (resource, _id, state, news) => handlerOf(resource).diff(state, news),
    create: async (resource, inputs, context) => {
      const handler = handlerOf(resource);
      if (context.preview) return { id: "", properties: handler.preview(inputs, undefined) };
      return handler.create(callOf(resource, context), inputs);
    },
    read: async (resource, id, state, context) => handlerOf(resource).read(callOf(resource, context), id, state),
    update: async (...[resource, id, state, inputs, context]) => {
      const handler = handlerOf(resource);
      if (context.preview) return handler.preview(inputs, state.outputs);
      return handler.update(callOf(resource, context), { id, state }, inputs);
    },
    delete: async (resource, id, _state, context) => handlerOf(resource).delete(callOf(resource, context), id),
    cancel: async () => connection.close(),
  };
}

/** A changed endpoint or login is used from then on; objects are never replaced because of it. */
function diffConfiguration(olds: PropertyMap, news: PropertyMap): DiffResult {
  const names = [...new Set([...Object.keys(olds), ...Object.keys(news)])].filter((name) => name !== "version");
  const diffs = names.filter((name) => !name.startsWith("__") && !sameValue(olds[name], news[name]));
  return { changes: diffs.length > 0 ? "some" : "none", diffs, replaces: [] };
}
