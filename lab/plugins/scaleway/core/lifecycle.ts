// SPDX-License-Identifier: Apache-2.0
import { PartialFailure, UNKNOWN } from "../../../../provider/grpc/provider";
import type {
  DiffResult,
  PropertyMap,
  ReadResult,
  ResourceId,
  ResourceState,
} from "../../../../provider/grpc/provider";
import { isStatus } from "../api/errors";
import { diff } from "./diff";
import { plan } from "./plan";
import { Change } from "./resource";
import type { Call, ResourceDefinition } from "./resource";
import { importedInputs, refreshedInputs, settle, withSecrets } from "./state";
import { at, knownOrNull, plainProperties } from "./values";

/** The calls of the plugin protocol for one resource type, on top of its {@link ResourceDefinition}. */
export class Lifecycle {
  constructor(
    private readonly definition: ResourceDefinition,
    private readonly resource: ResourceId,
  ) {}

  async diff(state: ResourceState, news: PropertyMap, ignored: string[], call: Call): Promise<DiffResult> {
    const change = await this.plan(state.outputs, news, call);
    for (const name of ignored) if (name in change.prior) change.planned[name] = at(change.prior, name);
    return diff(this.definition.schema, change.prior, change.planned, { news, replaceAll: change.replaceAll });
  }

  /** What a create would give, as far as it can be known. */
  async previewCreate(inputs: PropertyMap, call: Call): Promise<PropertyMap> {
    const change = await this.plan(undefined, inputs, call);
    return { ...this.stored(undefined, this.shown(change.planned)), id: UNKNOWN };
  }

  async create(inputs: PropertyMap, call: Call): Promise<{ id: string; properties: PropertyMap }> {
    const change = await this.plan(undefined, inputs, call);
    const planned = known(change.planned);
    try {
      await this.definition.create(planned, call);
    } catch (error) {
      if (call.createdId === undefined) throw new Error(oneError(error), { cause: error });
      throw this.partial(call.createdId, this.shown(planned), "creating", error);
    }
    const id = call.createdId;
    if (id === undefined) throw new Error(`${this.resource.type}: create told no id`);
    const found = await this.readAfter(id, this.shown(planned), "creating", call);
    if (found === undefined) {
      throw new Error(`expected non-nil error with nil state during Create of ${this.resource.urn}`);
    }
    return { id, properties: this.stored(id, settle(this.definition.schema, found, change.planned, "apply")) };
  }

  async read(id: string, state: ResourceState, call: Call): Promise<ReadResult | undefined> {
    const prior = plainProperties(state.outputs);
    const importing = Object.keys(state.inputs).length === 0 && Object.keys(prior).length === 0;
    let found: PropertyMap | undefined;
    try {
      found = await this.definition.read(id, call, prior);
    } catch (error) {
      if (isStatus(error, 404)) return undefined;
      throw new Error(`refreshing ${this.resource.urn}: ${oneError(error)}`, { cause: error });
    }
    if (found === undefined) return undefined;
    const { schema } = this.definition;
    const properties = settle(schema, found, prior, "read");
    const inputs = importing ? importedInputs(schema, properties) : refreshedInputs(schema, state.inputs, properties);
    return { id, properties: this.stored(id, properties), inputs: withSecrets(schema, inputs) };
  }

  async previewUpdate(id: string, state: ResourceState, inputs: PropertyMap, call: Call): Promise<PropertyMap> {
    const change = await this.plan(state.outputs, inputs, call);
    return this.stored(id, change.planned);
  }

  async update(id: string, state: ResourceState, inputs: PropertyMap, call: Call): Promise<PropertyMap> {
    const change = await this.plan(state.outputs, inputs, call);
    const planned = known(change.planned);
    try {
      await this.definition.update(id, change, call);
    } catch (error) {
      throw this.partial(id, planned, "updating", error);
    }
    const found = await this.readAfter(id, planned, "updating", call);
    if (found === undefined) throw this.partial(id, planned, "updating", new Error("the object is gone"));
    return this.stored(id, settle(this.definition.schema, found, change.planned, "apply"));
  }

  async delete(id: string, state: ResourceState, call: Call): Promise<void> {
    try {
      await this.definition.delete(id, plainProperties(state.outputs), call);
    } catch (error) {
      throw new Error(`deleting ${this.resource.urn}: ${oneError(error)}`, { cause: error });
    }
  }

  private async plan(outputs: PropertyMap | undefined, news: PropertyMap, call: Call): Promise<Change> {
    const { schema } = this.definition;
    const prior = outputs === undefined ? undefined : plainProperties(outputs);
    const wanted = plainProperties(news);
    const planned = plan(schema, prior, wanted, call.defaults);
    const change = new Change(schema, prior, planned, wanted);
    try {
      await this.definition.plan?.(change, call);
    } catch (error) {
      throw new Error(`diffing ${this.resource.urn}: ${oneError(error)}`, { cause: error });
    }
    return change;
  }

  private async readAfter(
    id: string,
    planned: PropertyMap,
    verb: string,
    call: Call,
  ): Promise<PropertyMap | undefined> {
    try {
      return await this.definition.read(id, call, planned);
    } catch (error) {
      if (isStatus(error, 404)) return undefined;
      throw this.partial(id, planned, verb, error);
    }
  }

  private partial(id: string, planned: PropertyMap, verb: string, error: unknown): PartialFailure {
    const properties = this.stored(id, planned);
    return new PartialFailure(id, properties, [`${verb} ${this.resource.urn}: ${oneError(error)}`]);
  }

  /** A planned create without what only the object tells. */
  private shown(planned: PropertyMap): PropertyMap {
    const { schema } = this.definition;
    return Object.fromEntries(
      Object.entries(planned).map(([name, value]) => [name, schema[name]?.unplanned ? null : value]),
    );
  }

  private stored(id: string | undefined, properties: PropertyMap): PropertyMap {
    const marked = withSecrets(this.definition.schema, properties);
    const { meta } = this.definition;
    return { ...marked, ...(meta === undefined ? {} : { __meta: meta }), ...(id === undefined ? {} : { id }) };
  }
}

function known(planned: PropertyMap): PropertyMap {
  return Object.fromEntries(Object.entries(planned).map(([name, value]) => [name, knownOrNull(value)]));
}

/** An error in the shape in which the real provider reports one. */
export function oneError(error: unknown): string {
  return `1 error occurred:\n\t* ${error instanceof Error ? error.message : String(error)}\n\n`;
}
