// SPDX-License-Identifier: Apache-2.0
/** A provider whose objects live in memory, and which fails where a test wants it to. */
import { NO_DIFF, SOME_DIFF } from "../../../../lab/engine/provider";
import type { ConfigurableProvider, DiffArgs, ObjectState, UpdateArgs } from "../../../../lab/engine/provider";
import type { Diff } from "../../../../lab/engine/types";
import { urnName } from "../../../../lab/engine/urn";
import { equal, isUnknown } from "../../../../lab/engine/values";
import type { Props } from "../../../../lab/engine/values";

/** What exists outside of the engine, whichever provider process is asked. */
export class World {
  /** Inputs of the objects by id. */
  readonly objects = new Map<string, Props>();
  /** Ids of objects that are deleted. */
  readonly deleted = new Set<string>();
  /** Every call that changed something or tried to: `create a`, `delete a-1`. */
  readonly calls: string[] = [];
  /** Calls that fail, as they are written in `calls`. */
  failing: ReadonlySet<string> = new Set();
  private counter = 0;

  call(text: string): void {
    this.calls.push(text);
    if (this.failing.has(text)) throw new Error(`${text} failed`);
  }

  add(name: string, inputs: Props): string {
    this.counter += 1;
    const id = `${name}-${String(this.counter)}`;
    this.objects.set(id, inputs);
    return id;
  }
}

/** The name of the object that an id belongs to. */
export function nameOfId(id: string): string {
  return id.replace(/-\d+$/, "");
}

function outputsOf(id: string, inputs: Props): Props {
  return { ...inputs, handle: id };
}

/**
 * Manages `memory:index:Thing`: inputs `key...` replace, the others are updated in place; `deleteFirst` makes a
 * replacement delete first. The output `handle` is the id.
 */
export class MemoryProvider implements ConfigurableProvider {
  constructor(private readonly world: World) {}

  async checkConfig(_urn: string, _olds: Props, news: Props) {
    return { inputs: news, failures: [] };
  }

  async diffConfig(): Promise<undefined> {
    return undefined;
  }

  async configure(): Promise<void> {
    return undefined;
  }

  async check({ news }: { news: Props }) {
    const refused = Object.keys(news).filter((key) => news[key] === "refused");
    return { inputs: news, failures: refused.map((property) => ({ property, reason: "it is refused" })) };
  }

  async diff({ oldInputs, newInputs }: DiffArgs): Promise<Diff> {
    const keys = new Set([...Object.keys(oldInputs), ...Object.keys(newInputs)]);
    keys.delete("deleteFirst");
    const changedKeys = [...keys].filter((key) => !equal(oldInputs[key], newInputs[key]));
    if (changedKeys.length === 0) return NO_DIFF;
    return {
      ...SOME_DIFF,
      changedKeys,
      replaceKeys: changedKeys.filter((key) => key.startsWith("key")),
      deleteBeforeReplace: newInputs.deleteFirst === true,
    };
  }

  async create({ urn, inputs, preview }: { urn: string; inputs: Props; preview: boolean }): Promise<ObjectState> {
    if (preview) return { id: "", outputs: inputs };
    if (Object.values(inputs).some(isUnknown)) throw new Error(`${urn} is created with unknown inputs`);
    // An operation takes a while, so that others begin meanwhile.
    await new Promise(setImmediate);
    this.world.call(`create ${urnName(urn)}`);
    const id = this.world.add(urnName(urn), inputs);
    return { id, outputs: outputsOf(id, inputs) };
  }

  async update({ id, newInputs, preview }: UpdateArgs): Promise<ObjectState> {
    if (preview) return { id, outputs: newInputs };
    await new Promise(setImmediate);
    this.world.call(`update ${nameOfId(id)}`);
    if (!this.world.objects.has(id)) throw new Error(`update of ${id}, which does not exist`);
    this.world.objects.set(id, newInputs);
    return { id, outputs: outputsOf(id, newInputs) };
  }

  async delete({ id }: { id: string }): Promise<void> {
    await new Promise(setImmediate);
    this.world.call(`delete ${id}`);
    this.world.objects.delete(id);
    this.world.deleted.add(id);
  }

  async read({ id }: { id: string }) {
    this.world.call(`read ${id}`);
    const inputs = this.world.objects.get(id);
    return inputs ? { id, inputs, outputs: outputsOf(id, inputs) } : { id: "" };
  }

  async invoke() {
    return { result: {}, failures: [] };
  }

  async cancel(): Promise<void> {
    return undefined;
  }

  async stop(): Promise<void> {
    return undefined;
  }
}
