// SPDX-License-Identifier: Apache-2.0

/** Any kind of resource, by its description: what `Check`, `Diff`, `Create`, `Read`, `Update` and `Delete` do. */
import { describeError, type XmlElement } from "../../opennebula";
import type { CheckFailure, DiffResult, PropertyMap, ReadResult, ResourceState } from "../grpc/provider";
import { PartialFailure, UNKNOWN } from "../grpc/provider";
import { sameValue } from "../grpc/values";
import { sealSecrets } from "../check";
import type { ObjectWork } from "../definition";
import type { Existing, ResourceCall, ResourceHandler } from "../resource";
import { fromTemplate, templateOf, toTemplate } from "./attributes";
import { plainCalls, send } from "./calls";
import { Change, type Goal } from "./change";
import { diffProperties } from "./diff";
import type { Kind, KindCalls } from "./kind";
import { knownIds, NAMES, References } from "./references";
import { register } from "./register";
import { unsealForDeletion } from "./seal";
import { storageMistakes } from "./storage";
import { refreshedInputs, withoutFree } from "./values";
import { budget, PACE, poll, type Timing } from "./wait";

export class ObjectResource implements ResourceHandler {
  private readonly calls: KindCalls;
  /** Ids that a replacement in this run leaves behind, by URN. */
  private readonly superseded = new Map<string, Set<string>>();

  constructor(
    private readonly kind: Kind,
    private readonly timing: Timing = PACE,
  ) {
    this.calls = { ...plainCalls(kind), ...kind.calls };
  }

  check(inputs: PropertyMap): CheckFailure[] {
    return [...storageMistakes(this.kind, inputs), ...(this.kind.check?.(inputs) ?? [])];
  }

  diff(existing: Existing, news: PropertyMap): DiffResult {
    const { inputs, outputs } = existing.state;
    const names = outputs[NAMES];
    const ids = (values: PropertyMap): PropertyMap => knownIds(this.kind.inputs, values, names);
    const result = diffProperties(this.kind, { inputs: ids(inputs), outputs: ids(outputs) }, ids(news));
    if ((result.replaces ?? []).length > 0) {
      const { urn } = existing.resource;
      this.superseded.set(urn, (this.superseded.get(urn) ?? new Set()).add(existing.id));
    }
    return result;
  }

  preview(inputs: PropertyMap, olds: PropertyMap | undefined): PropertyMap {
    const result: PropertyMap = { ...inputs };
    for (const [name, { follows = [] }] of Object.entries(this.kind.outputs)) {
      const old = olds?.[name];
      const stays = olds !== undefined && follows.every((input) => sameValue(inputs[input], olds[input]));
      if (!stays) result[name] = UNKNOWN;
      else if (old !== undefined) result[name] = old;
    }
    return result;
  }

  async create(call: ResourceCall, inputs: PropertyMap): Promise<{ id: string; properties: PropertyMap }> {
    const { kind, calls } = this;
    const wish = await new References(call).resolve(kind.inputs, inputs);
    const superseded = this.superseded.get(call.resource.urn) ?? new Set();
    const template = toTemplate(kind.inputs, wish);
    const { id, made } = await register(call, { kind, calls, wish, template, superseded });
    return { id, properties: await this.converge(call, id, { wish, inputs, before: undefined, made }) };
  }

  async read(call: ResourceCall, id: string, state: ResourceState): Promise<ReadResult | undefined> {
    const object = await this.find(call, id);
    if (object === undefined) return undefined;
    if (Object.keys(state.inputs).length === 0) {
      // What a program may leave out is no input, but known, so that naming it is a difference only if it is another.
      const inputs = sealSecrets(this.imported(object), this.kind.inputs);
      const all = sealSecrets(this.actual(object), this.kind.inputs);
      const names = await new References(call).names(this.kind.inputs, this.actual(object));
      return { id, inputs, properties: { [NAMES]: names, ...inputs, ...all, ...this.computed(object) } };
    }
    const wanted = await new References(call).resolve(this.kind.inputs, state.inputs, "keep");
    const inputs = refreshedInputs(this.kind.inputs, { given: state.inputs, wanted }, this.actual(object));
    const names = state.outputs[NAMES];
    const known: PropertyMap = names === undefined ? {} : { [NAMES]: names };
    return { id, inputs, properties: { ...known, ...inputs, ...this.computed(object) } };
  }

  async update(call: ResourceCall, existing: Existing, inputs: PropertyMap): Promise<PropertyMap> {
    const names = new References(call);
    const wish = await names.resolve(this.kind.inputs, inputs);
    const before = await names.resolve(this.kind.inputs, existing.state.inputs, "keep");
    return this.converge(call, existing.id, { wish, inputs, before, made: false });
  }

  async delete(call: ResourceCall, { id, state }: Existing): Promise<void> {
    const { kind, calls } = this;
    const object = await this.find(call, id);
    if (object === undefined) return;
    const work = { id, call: async (...given: Parameters<ObjectWork["call"]>) => send(call, ...given) };
    await unsealForDeletion(kind, { work, actual: this.actual(object), inputs: state.inputs });
    await calls.remove(call, id, { object, state }).catch(async (error: unknown) => {
      if ((await this.find(call, id)) !== undefined) throw error;
    });
    if (kind.lasting === true) return;
    const seconds = this.timing.limit ?? budget(call, kind.goneSeconds ?? 60);
    const gone = async (): Promise<boolean> => (await this.find(call, id)) === undefined;
    if (await poll(call, { seconds: seconds / 2, pace: this.timing }, gone)) return;
    await kind.force?.(call, id);
    if (await poll(call, { seconds: seconds / 2, pace: this.timing }, gone)) return;
    throw new Error(`${kind.word} ${id} is still there ${seconds} s after oned accepted its deletion`);
  }

  /** Brings a registered object to what is wished and waits for it. A failure keeps the object in the state file. */
  private async converge(call: ResourceCall, id: string, goal: Goal): Promise<PropertyMap> {
    const change = new Change(call, { kind: this.kind, calls: this.calls, id, goal, timing: this.timing });
    try {
      const first = this.kind.state?.first === true && goal.made;
      const ready = first ? await this.untilReady(call, id, goal.wish) : await this.existing(call, id);
      const changed = await change.apply(ready, (one) => this.actual(one));
      const settled = first || this.kind.state === undefined;
      return this.outputs(settled && !changed ? ready : await this.untilReady(call, id, goal.wish), goal);
    } catch (error) {
      const object = await this.find(call, id).catch(() => undefined);
      const kept = change.kept(goal.inputs);
      const properties = object === undefined ? kept : this.outputs(object, { ...goal, inputs: kept });
      throw new PartialFailure(id, properties, [describeError(error).message]);
    }
  }

  private async find(call: ResourceCall, id: string): Promise<XmlElement | undefined> {
    const { kind } = this;
    if (!(kind.idPattern ?? /^\d{1,9}$/).test(id)) {
      throw new Error(`"${id}" is not the id of a ${kind.word}; it is ${kind.importId}`);
    }
    const object = await this.calls.find(call, id);
    return object === undefined || kind.gone?.(object) === true ? undefined : object;
  }

  private async existing(call: ResourceCall, id: string): Promise<XmlElement> {
    const object = await this.find(call, id);
    if (object !== undefined) return object;
    throw new Error(`${this.kind.word} ${id} is gone from oned; run "pulumi refresh", then it is made anew`);
  }

  /** Waits for the state that the kind calls ready; without such a rule the object is ready when it is there. */
  private async untilReady(call: ResourceCall, id: string, wish: PropertyMap): Promise<XmlElement> {
    const rule = this.kind.state;
    let last: XmlElement | undefined;
    if (rule === undefined) return this.existing(call, id);
    const seconds = this.timing.limit ?? budget(call, rule.seconds);
    const settle = this.timing.limit === undefined ? (rule.settleSeconds ?? 0) * 1000 : 0;
    let since: number | undefined;
    const done = await poll(call, { seconds, pace: this.timing }, async () => {
      last = await this.existing(call, id);
      const judgement = rule.judge(last, wish);
      if (judgement === "failed") throw new Error(this.notReady(id, last, "came into a state of failure"));
      if (judgement === "busy") {
        since = undefined;
        return false;
      }
      since ??= Date.now();
      return Date.now() - since >= settle;
    });
    if (done && last !== undefined) return last;
    throw new Error(this.notReady(id, last, `is not ready after ${seconds} s`));
  }

  private notReady(id: string, object: XmlElement | undefined, what: string): string {
    const rule = this.kind.state;
    const state = object === undefined ? "oned did not answer" : `its state is ${rule?.word(object) ?? ""}`;
    const reason = object === undefined ? undefined : rule?.reason?.(object);
    const says = reason === undefined ? "" : `; oned says: ${reason.replace(/\s+/g, " ").slice(0, 500)}`;
    return `${this.kind.word} ${id} ${what}: ${state}${says}`;
  }

  /** All that oned has for the inputs, in its own spelling. */
  private actual(object: XmlElement): PropertyMap {
    const values = fromTemplate(this.kind.inputs, templateOf(object, this.kind.templateElement));
    for (const [name, { read }] of Object.entries(this.kind.inputs)) {
      const value = read?.(object);
      if (value !== undefined) values[name] = value;
    }
    return values;
  }

  private outputs(object: XmlElement, { inputs, wish }: Pick<Goal, "inputs" | "wish">): PropertyMap {
    const named = refreshedInputs(this.kind.inputs, { given: inputs, wanted: wish }, this.actual(object));
    return { ...named, ...this.computed(object) };
  }

  private computed(object: XmlElement): PropertyMap {
    const { outputs, templateElement } = this.kind;
    const values = fromTemplate(outputs, templateOf(object, templateElement));
    for (const [name, { read }] of Object.entries(outputs)) {
      const value = read?.(object);
      if (value !== undefined) values[name] = value;
    }
    return values;
  }

  /** Inputs of an object that no program made: what a program would have to say, free attributes and what may be left out apart. */
  private imported(object: XmlElement): PropertyMap {
    const actual = this.actual(object);
    const entries = Object.entries(this.kind.inputs).flatMap(([name, definition]) => {
      const value = actual[name];
      if (definition.unreadable === true) {
        // What cannot be changed is better not known than guessed: another value would replace the object.
        const guess = definition.immutable === true ? undefined : definition.default;
        return guess === undefined ? [] : [[name, guess] as const];
      }
      const left = name === "attributes" || definition.sticky === true || definition.partial === true;
      const empty = value === undefined || (Array.isArray(value) && value.length === 0);
      return empty || left ? [] : [[name, withoutFree(definition, value)] as const];
    });
    return Object.fromEntries(entries);
  }
}
