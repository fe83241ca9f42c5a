// SPDX-License-Identifier: Apache-2.0
import type { PropertyMap } from "../../../../provider/grpc/provider";
import type { Api } from "../api/client";
import { waitFor } from "../api/clock";
import type { Wait } from "../api/clock";
import type { ProviderDefaults, Schema } from "./schema";
import { changed } from "./plan";

/** What a resource's own code works with during one call. */
export class Call {
  private made: string | undefined;

  readonly api: Api;

  constructor(
    api: Api,
    private readonly signal: AbortSignal,
    private readonly logWarning: (message: string) => void = () => undefined,
  ) {
    this.api = api.during(signal);
  }

  get defaults(): ProviderDefaults {
    return this.api.defaults;
  }

  /** To be told as soon as the object exists: what fails later must not lose it. */
  created(id: string): void {
    this.made = id;
  }

  get createdId(): string | undefined {
    return this.made;
  }

  wait<T>(wait: Wait<T>): Promise<T> {
    return waitFor(this.api.clock, wait, this.signal);
  }

  async sleep(seconds: number): Promise<void> {
    await this.api.clock.sleep(seconds, this.signal);
  }

  warn(message: string): void {
    this.logWarning(message);
  }
}

/** A planned change of an existing object. */
export class Change {
  /** Set by plan logic that must replace the object although no property says so. */
  replaceAll = false;

  /** Stored properties; empty for a create. */
  readonly prior: PropertyMap;
  readonly creating: boolean;

  constructor(
    public readonly schema: Schema,
    prior: PropertyMap | undefined,
    /** What the object shall be; values that only the cloud knows are UNKNOWN. */
    public readonly planned: PropertyMap,
    /** The checked inputs without defaults: what the program says itself. */
    public readonly wanted: PropertyMap,
  ) {
    this.prior = prior ?? {};
    this.creating = prior === undefined;
  }

  has(...names: string[]): boolean {
    return names.some((name) => changed(this.prior, this.planned, name));
  }
}

/** One resource type: its properties and its API calls. The generic part is `lifecycle.ts`. */
export interface ResourceDefinition {
  token: string;
  schema: Schema;
  /** Stored beside the properties by the real provider; only there for readers of the state. */
  meta?: string;
  /** Rules of a plan that concern several properties or need the API. May correct `change.planned`. */
  plan?(change: Change, call: Call): Promise<void>;
  /** Makes the object, tells `call.created(id)`, waits until it is usable. */
  create(planned: PropertyMap, call: Call): Promise<void>;
  /** The properties of the object as the API has them, undefined when it is gone. Properties left out keep their value. */
  read(id: string, call: Call, prior: PropertyMap): Promise<PropertyMap | undefined>;
  update(id: string, change: Change, call: Call): Promise<void>;
  delete(id: string, prior: PropertyMap, call: Call): Promise<void>;
}

/** One function (`scaleway:network/getVpc:getVpc`). Properties that are null are left out of the answer. */
export interface FunctionDefinition {
  token: string;
  call(args: PropertyMap, call: Call): Promise<PropertyMap>;
}
