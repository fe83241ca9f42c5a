// SPDX-License-Identifier: Apache-2.0
/** Resources in the form in which policy packs are asked about them. */
import * as pb from "@pulumi/pulumi/proto/analyzer_pb";
import type { Goal, ResourceState } from "./types";
import { referenceUrn, urnName } from "./urn";
import { toStruct } from "./values";
import type { Props } from "./values";

/** What packs are told of a resource beside its state. */
export interface JudgedStack {
  /** What the program asks for; nothing where no program runs. */
  goalOf: (urn: string) => Goal | undefined;
  /** The provider resource of a URN. */
  providerOf: (urn: string) => ResourceState | undefined;
}

/** Keys that are the engine's or the SDK's own affair. */
export function withoutInternal(props: Props): Props {
  return Object.fromEntries(Object.entries(props).filter(([key]) => !key.startsWith("__")));
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

function providerFor(stack: JudgedStack, state: ResourceState): pb.AnalyzerProviderResource | undefined {
  const urn = referenceUrn(state.provider);
  const provider = urn ? stack.providerOf(urn) : undefined;
  if (!provider) return undefined;
  const message = new pb.AnalyzerProviderResource();
  message.setUrn(provider.urn);
  message.setType(provider.type);
  message.setName(urnName(provider.urn));
  message.setProperties(toStruct(withoutInternal(provider.inputs ?? {})));
  return message;
}

/** What a pack is asked about one resource. */
export function requestFor(stack: JudgedStack, state: ResourceState, props: Props): pb.AnalyzeRequest {
  const request = new pb.AnalyzeRequest();
  request.setUrn(state.urn);
  request.setType(state.type);
  request.setName(urnName(state.urn));
  request.setProperties(toStruct(props));
  request.setOptions(optionsFor(state, stack.goalOf(state.urn)));
  request.setProvider(providerFor(stack, state));
  return request;
}

function stackResource(stack: JudgedStack, state: ResourceState): pb.AnalyzerResource {
  const resource = new pb.AnalyzerResource();
  resource.setUrn(state.urn);
  resource.setType(state.type);
  resource.setName(urnName(state.urn));
  resource.setProperties(toStruct(withoutInternal(state.outputs ?? {})));
  resource.setOptions(optionsFor(state, stack.goalOf(state.urn)));
  resource.setProvider(providerFor(stack, state));
  resource.setParent(state.parent ?? "");
  resource.setDependenciesList(state.dependencies ?? []);
  for (const [key, urns] of Object.entries(state.propertyDependencies ?? {})) {
    const entry = new pb.AnalyzerPropertyDependencies();
    entry.setUrnsList(urns);
    resource.getPropertydependenciesMap().set(key, entry);
  }
  return resource;
}

/** What a pack is asked about all resources at once. */
export function stackRequestFor(stack: JudgedStack, states: Iterable<ResourceState>): pb.AnalyzeStackRequest {
  const request = new pb.AnalyzeStackRequest();
  request.setResourcesList([...states].map((state) => stackResource(stack, state)));
  return request;
}
