// SPDX-License-Identifier: Apache-2.0

/** One object brought from what it is to what is wished: live calls first, then what is left to `update` of the template. */
import type { Template, XmlElement } from "../../opennebula";
import type { ObjectWork, PropertyDefinition } from "../definition";
import { Secret, type PropertyMap, type PropertyValue } from "../grpc/provider";
import { sameValue } from "../grpc/values";
import type { ResourceCall } from "../resource";
import { entriesOf, fromFound, MARKER, templateOf, toAttribute, type Entry } from "./attributes";
import { listObjects, send, sendOnce } from "./calls";
import type { Kind, KindCalls } from "./kind";
import { Seal } from "./seal";
import { markerValue } from "./register";
import { keepsEntries, retells, same } from "./values";
import { budget, poll, type Timing } from "./wait";

export interface Goal {
  /** With references resolved and secrets opened. */
  wish: PropertyMap;
  /** As the program wrote them. */
  inputs: PropertyMap;
  /** What the program set before, resolved as well; undefined in a create. */
  before: PropertyMap | undefined;
  /** The object was made a moment ago, with all that `allocate` takes. */
  made: boolean;
}

export class Change {
  /** Unreadable properties that have been set. */
  private readonly applied = new Set<string>();

  constructor(
    private readonly call: ResourceCall,
    private readonly subject: { kind: Kind; calls: KindCalls; id: string; goal: Goal; timing: Timing },
  ) {}

  /** @returns whether anything was changed. */
  async apply(object: XmlElement, read: (object: XmlElement) => PropertyMap): Promise<boolean> {
    const actual = read(object);
    const work = this.work(object);
    const seal = new Seal(this.subject.kind, { work, goal: this.subject.goal, actual });
    return seal.around(async () => {
      const live = await this.applyLive(work, { actual, seal });
      const template = await this.applyTemplate(object, seal);
      return live || template;
    });
  }

  /** The inputs, with what oned never tells as it was, unless it has been set already: for a failure on the way. */
  kept(inputs: PropertyMap): PropertyMap {
    const { kind, goal } = this.subject;
    const { before } = goal;
    const kept = { ...inputs };
    for (const [name, definition] of Object.entries(kind.inputs)) {
      if (definition.unreadable !== true || this.applied.has(name)) continue;
      // A create has sent all but what takes a call of its own.
      if (before === undefined && (definition.apply === undefined || definition.allocated === true)) continue;
      const old = before?.[name];
      if (old === undefined) delete kept[name];
      else if (!sameValue(old, inputs[name])) kept[name] = definition.secret === true ? new Secret(old) : old;
    }
    return kept;
  }

  private work(object: XmlElement): ObjectWork {
    const { goal, id, calls } = this.subject;
    const { call } = this;
    return {
      id,
      object,
      wish: goal.wish,
      before: goal.before,
      call: async (method, parameters) => send(call, method, parameters),
      once: async (method, parameters) => sendOnce(call, method, parameters),
      again: async () => (await calls.find(call, id)) ?? object,
      list: async (of) => listObjects(call, of),
      update: async (change) => calls.patch(call, id, change, goal.wish),
      until: async (what, is) => this.until(what, is),
    };
  }

  private async applyLive(work: ObjectWork, { actual, seal }: { actual: PropertyMap; seal: Seal }): Promise<boolean> {
    const { kind, goal } = this.subject;
    let changed = false;
    for (const [name, definition] of Object.entries(kind.inputs)) {
      if (definition.apply === undefined || definition.unseal !== undefined) continue;
      if (!this.differs(name, definition, actual[name])) continue;
      await seal.open();
      await definition.apply(work, { name, wanted: goal.wish[name], actual: actual[name] });
      this.applied.add(name);
      changed = true;
    }
    return changed;
  }

  private async until(what: string, is: (object: XmlElement) => boolean): Promise<XmlElement> {
    const { kind, calls, id, timing, goal } = this.subject;
    const seconds = timing.limit ?? budget(this.call, kind.state?.seconds ?? 60);
    let last: XmlElement | undefined;
    const done = await poll(this.call, { seconds, pace: timing }, async () => {
      last = await calls.find(this.call, id);
      if (last === undefined) throw new Error(`${kind.word} ${id} is gone from oned`);
      const done = is(last);
      // Nothing but an operator leads out of a state of failure.
      if (!done && kind.state?.judge(last, goal.wish) === "failed") throw new Error(failed(kind, id, last));
      return done;
    });
    if (done && last !== undefined) return last;
    const state = last === undefined ? "" : `; its state is ${kind.state?.word(last) ?? ""}`;
    throw new Error(`${kind.word} ${id}: ${what} after ${seconds} s${state}`);
  }

  private differs(name: string, definition: PropertyDefinition, actual: PropertyValue | undefined): boolean {
    const { wish, before, made } = this.subject.goal;
    const wanted = wish[name];
    if (wanted === undefined) return before?.[name] !== undefined && definition.sticky !== true;
    if (definition.unreadable !== true) {
      const weighed = definition.retold === true || definition.lenient === true;
      const retold = weighed && before !== undefined && !retells(definition, wanted, before[name]);
      return retold || !same(definition, wanted, actual) || !keepsEntries(definition, wanted, before?.[name]);
    }
    if (made) return definition.allocated !== true;
    return before === undefined || !sameValue(wanted, before[name]);
  }

  private async applyTemplate(object: XmlElement, seal: Seal): Promise<boolean> {
    const { kind, goal, calls, id } = this.subject;
    const there = templateOf(object, kind.templateElement);
    const wanted = this.entries(goal.wish);
    const previous = this.entries(goal.before ?? {});
    const changes: Template = {};
    for (const entry of wanted) {
      if (this.entryDiffers(entry, there, previous)) changes[entry.attribute] = toAttribute(entry);
    }
    const mark = markerValue(this.call.resource.urn);
    const bearsMark = kind.marked === "allocate" || kind.marked === "update";
    if (bearsMark && there[MARKER] !== mark) changes[MARKER] = mark;
    const names = new Set(wanted.map(({ attribute }) => attribute));
    const removed = previous
      .map(({ attribute }) => attribute)
      .filter((one) => !names.has(one) && Object.hasOwn(there, one));
    if (removed.length === 0 && Object.keys(changes).length === 0) return false;
    // oned has no call that takes single attributes away; all others are written back as they are.
    const kept = Object.entries(there).filter(([name]) => !removed.includes(name));
    const hidden = wanted.filter(({ definition }) => definition.unreadable === true);
    const secrets = Object.fromEntries(hidden.map((entry) => [entry.attribute, toAttribute(entry)]));
    const whole = { ...Object.fromEntries(kept), ...changes, ...secrets };
    await seal.open();
    await calls.update(this.call, id, { changes, whole, removes: removed.length > 0 });
    return true;
  }

  /** Attributes that `update` changes. */
  private entries(values: PropertyMap): Entry[] {
    return entriesOf(this.subject.kind.inputs, values).filter(
      ({ definition }) => definition.apply === undefined && definition.immutable !== true,
    );
  }

  private entryDiffers({ attribute, definition, value }: Entry, there: Template, previous: Entry[]): boolean {
    const { goal, kind } = this.subject;
    if (definition.unreadable === true) {
      if (goal.made && kind.marked === "allocate") return false;
      return !sameValue(value, previous.find((one) => one.attribute === attribute)?.value);
    }
    const found = Object.hasOwn(there, attribute) ? there[attribute] : undefined;
    const actual = found === undefined ? undefined : fromFound(definition, found);
    // Free attributes: what they are is in the value, so they are compared as members of a map.
    if (definition.type === "template") {
      const free: PropertyDefinition = { type: "template", description: "" };
      return !same(free, { value }, found === undefined ? {} : { value: found });
    }
    return !same(definition, value, actual);
  }
}

function failed(kind: Kind, id: string, object: XmlElement): string {
  const reason = kind.state?.reason?.(object);
  const says = reason === undefined ? "" : `; oned says: ${reason.replace(/\s+/g, " ").slice(0, 500)}`;
  return `${kind.word} ${id} is in a state of failure: ${kind.state?.word(object) ?? ""}${says}; recover it, then run again`;
}
