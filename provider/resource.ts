// SPDX-License-Identifier: Apache-2.0
import type { OpenNebula } from "../opennebula";
import type { Flow } from "./flow";
import type {
  CallContext,
  CheckFailure,
  DiffResult,
  PropertyMap,
  ReadResult,
  ResourceId,
  ResourceState,
} from "./grpc/provider";

/** A call to a resource, after the dispatch by type. */
export interface ResourceCall {
  resource: ResourceId;
  context: CallContext;
  /** Connects; not to be used in a preview. */
  one: () => OpenNebula;
  /** OneFlow's REST interface, by the same way and login. */
  flow: () => Flow;
}

/** A resource as the engine remembers it. */
export interface Existing {
  resource: ResourceId;
  id: string;
  state: ResourceState;
}

/** What each resource type implements. `check` and `diff` never connect. */
export interface ResourceHandler {
  /** Rules beyond types and required properties, for what is there and of the right type. Unknown values may be anywhere. */
  check(inputs: PropertyMap): CheckFailure[];
  diff(existing: Existing, news: PropertyMap): DiffResult;
  /** Properties of a create or update preview. */
  preview(inputs: PropertyMap, olds: PropertyMap | undefined): PropertyMap;
  create(call: ResourceCall, inputs: PropertyMap): Promise<{ id: string; properties: PropertyMap }>;
  read(call: ResourceCall, id: string, state: ResourceState): Promise<ReadResult | undefined>;
  update(call: ResourceCall, existing: Existing, inputs: PropertyMap): Promise<PropertyMap>;
  delete(call: ResourceCall, existing: Existing): Promise<void>;
}
