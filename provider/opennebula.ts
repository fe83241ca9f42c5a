// SPDX-License-Identifier: Apache-2.0
import { checkProperties, sealSecrets } from "./check";
import { checkConfiguration, Connection } from "./configuration";
import { ask, FUNCTIONS } from "./functions";
import type { CallContext, DiffResult, PropertyMap, ProviderImplementation, ResourceId } from "./grpc/provider";
import { sameValue } from "./grpc/values";
import type { ResourceCall, ResourceHandler } from "./resource";
import { RESOURCES, resourceHandlers } from "./resources";
import { renderSchema } from "./schema";
import { PROVIDER_NAME, PROVIDER_VERSION } from "./types";

/** The handlers by type token. */
export type Handlers = Record<string, ResourceHandler>;

/**
 * The provider `opennebula`.
 *
 * @param handlers - others than the real ones in tests of the dispatch or with shorter waits.
 */
export function openNebulaProvider(handlers: Handlers = resourceHandlers()): ProviderImplementation {
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
    flow: () => connection.flow(),
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
      const properties = RESOURCES[resource.type]?.inputs ?? {};
      const checked = checkProperties(news, properties);
      const inputs = sealSecrets(checked.inputs, properties);
      return { inputs, failures: [...checked.failures, ...handler.check(inputs)] };
    },
    diff: async (resource, id, state, news) => handlerOf(resource).diff({ resource, id, state }, news),
    create: async (resource, inputs, context) => {
      const handler = handlerOf(resource);
      if (context.preview) return { id: "", properties: handler.preview(inputs, undefined) };
      return handler.create(callOf(resource, context), inputs);
    },
    read: async (resource, id, state, context) => handlerOf(resource).read(callOf(resource, context), id, state),
    update: async (...[resource, id, state, inputs, context]) => {
      const handler = handlerOf(resource);
      if (context.preview) return handler.preview(inputs, state.outputs);
      return handler.update(callOf(resource, context), { resource, id, state }, inputs);
    },
    delete: async (resource, id, state, context) =>
      handlerOf(resource).delete(callOf(resource, context), { resource, id, state }),
    invoke: async (name, args, context) => {
      const definition = Object.hasOwn(FUNCTIONS, name) ? FUNCTIONS[name] : undefined;
      if (definition === undefined) throw new Error(`the provider ${PROVIDER_NAME} has no function ${name}`);
      const checked = checkProperties(args, definition.inputs);
      if (checked.failures.length > 0) return { result: {}, failures: checked.failures };
      const resource = { urn: "", type: name, name };
      return { result: await ask(callOf(resource, context), definition, checked.inputs), failures: [] };
    },
    cancel: async () => connection.close(),
  };
}

/** A changed endpoint or login is used from then on; objects are never replaced because of it. */
function diffConfiguration(olds: PropertyMap, news: PropertyMap): DiffResult {
  const names = [...new Set([...Object.keys(olds), ...Object.keys(news)])].filter((name) => name !== "version");
  const diffs = names.filter((name) => !name.startsWith("__") && !sameValue(olds[name], news[name]));
  return { changes: diffs.length > 0 ? "some" : "none", diffs, replaces: [] };
}
