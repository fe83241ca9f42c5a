// SPDX-License-Identifier: Apache-2.0
import type { CallContext, PropertyMap, ProviderImplementation, ResourceId } from "../../../provider/grpc/provider";
import { Api } from "./api/client";
import { Clock } from "./api/clock";
import { checkConfig, credentials, diffConfig } from "./configuration";
import { check } from "./core/check";
import { Lifecycle, oneError } from "./core/lifecycle";
import { Call } from "./core/resource";
import type { FunctionDefinition, ResourceDefinition } from "./core/resource";
import { plainProperties } from "./core/values";
import { functions } from "./functions";
import { resources } from "./resources";

/** The version of the real provider whose behaviour this stand-in was held to. */
export const VERSION = "1.53.0";

const NEVER = new AbortController().signal;

/**
 * Stand-in for the plugin `scaleway`: the resources and functions that this project uses, the same API calls and the same
 * answers as the real one's recordings. Left out on purpose: `__pulumi_raw_state_delta` and `__meta` (bookkeeping of the
 * Terraform bridge, which the real provider writes again on its first update) and every other resource type.
 *
 * @param environment where `SCW_*` variables are read from.
 */
export function scalewayProvider(environment: NodeJS.ProcessEnv = process.env): ProviderImplementation {
  const clock = Clock.fromEnvironment(environment);
  let api: Api | undefined;

  const call = (context?: CallContext): Call => {
    if (api === undefined) throw new Error("the provider scaleway was called before it was configured");
    return new Call(api, context?.signal ?? NEVER, (message) => {
      context?.log("warning", message);
    });
  };
  const lifecycle = (resource: ResourceId): Lifecycle => new Lifecycle(definitionOf(resource.type), resource);

  return {
    name: "scaleway",
    version: VERSION,
    acceptSecrets: false,
    checkConfig: (news) => Promise.resolve(checkConfig(news, environment)),
    diffConfig: (olds, news) => Promise.resolve(diffConfig(olds, news)),
    configure: (args) => {
      api = Api.connect(credentials(args, environment), clock);
      return Promise.resolve();
    },
    check: (...[resource, news, olds, randomSeed, context]) => {
      const { schema } = definitionOf(resource.type);
      const warn = (message: string): void => {
        context.log("warning", message);
      };
      return Promise.resolve(check(schema, news, olds, { urn: resource.urn, name: resource.name, randomSeed, warn }));
    },
    diff: (...[resource, , state, news, ignored]) => lifecycle(resource).diff(state, news, ignored, call()),
    create: async (resource, inputs, context) =>
      context.preview
        ? { id: "", properties: await lifecycle(resource).previewCreate(inputs, call(context)) }
        : lifecycle(resource).create(inputs, call(context)),
    read: (resource, id, state, context) => lifecycle(resource).read(id, state, call(context)),
    update: (...[resource, id, state, inputs, context]) =>
      context.preview
        ? lifecycle(resource).previewUpdate(id, state, inputs, call(context))
        : lifecycle(resource).update(id, state, inputs, call(context)),
    delete: (resource, id, state, context) => lifecycle(resource).delete(id, state, call(context)),
    invoke: async (token, args, context) => {
      const definition = functionOf(token);
      try {
        const result = await definition.call(plainProperties(args), call(context));
        return { result: withoutNulls(result), failures: [] };
      } catch (error) {
        throw new Error(`invoking ${token}: ${oneError(error)}`, { cause: error });
      }
    },
  };
}

function withoutNulls(properties: PropertyMap): PropertyMap {
  return Object.fromEntries(Object.entries(properties).filter(([, value]) => value !== null));
}

function definitionOf(type: string): ResourceDefinition {
  return known(resources, type, "resource");
}

function functionOf(token: string): FunctionDefinition {
  return known(functions, token, "function");
}

function known<T extends { token: string }>(all: readonly T[], token: string, what: string): T {
  const found = all.find((definition) => definition.token === token);
  if (found) return found;
  throw new Error(
    `the stand-in of provider scaleway has no ${what} ${token}; it has ${all.map((each) => each.token).join(", ")}. ` +
      "Use the real provider (--engine pulumi) for others.",
  );
}
