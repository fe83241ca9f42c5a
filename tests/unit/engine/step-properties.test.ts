// SPDX-License-Identifier: Apache-2.0
/** What holds for every program and every edit of it, whatever fails on the way. */
import fc from "fast-check";
import { verifyDeployment } from "../../../lab/engine/checkpoint";
import { dependencyUrns } from "../../../lab/engine/graph";
import type { ResourceState } from "../../../lab/engine/types";
import { urnName } from "../../../lab/engine/urn";
import { World } from "./support/memory-provider";
import { THING, simulate, urnOf } from "./support/simulation";
import type { Declaration, SimulationResult } from "./support/simulation";

const NAMES = ["a", "b", "c", "d", "e", "f"];

/** Some of the names, each standing on some of those before it, by a property that is updated or one that replaces. */
const program: fc.Arbitrary<Declaration[]> = fc
  .array(
    fc.record({
      value: fc.integer({ min: 0, max: 2 }),
      key: fc.integer({ min: 0, max: 1 }),
      deleteFirst: fc.boolean(),
      needs: fc.array(fc.tuple(fc.constantFrom("ref", "keyRef", "dependsOn"), fc.nat()), { maxLength: 2 }),
    }),
    { minLength: NAMES.length, maxLength: NAMES.length },
  )
  .chain((entries) => fc.tuple(fc.constant(entries), fc.subarray(NAMES)))
  .map(([entries, kept]) =>
    kept.map((name, i): Declaration => {
      const { value, key, deleteFirst, needs } = entries[NAMES.indexOf(name)]!;
      const declaration: Declaration = { name, inputs: { value, key, deleteFirst }, refs: {}, dependsOn: [] };
      for (const [kind, index] of needs) {
        const other = kept[index % Math.max(1, i)];
        if (i === 0 || other === undefined) continue;
        if (kind === "dependsOn") declaration.dependsOn!.push(other);
        else declaration.refs![kind] = other;
      }
      return declaration;
    }),
  );

const failures = fc
  .array(fc.tuple(fc.constantFrom("create", "update", "delete"), fc.constantFrom(...NAMES)), { maxLength: 3 })
  .map((calls) => calls.map(([operation, name]) => `${operation} ${name}`));

const runs = fc.array(
  fc.record({
    program,
    failures,
    parallel: fc.integer({ min: 1, max: 4 }),
    continueOnError: fc.boolean(),
  }),
  { minLength: 1, maxLength: 5 },
);

/** Failures name resources; deletions are told by id, whatever its number. */
function failingCalls(world: World, calls: readonly string[]): Set<string> {
  const ids = [...world.objects.keys()];
  return new Set(
    calls.flatMap((call) => {
      const [operation, name] = call.split(" ");
      return operation === "delete"
        ? ids.filter((id) => id.startsWith(`${name}-`)).map((id) => `delete ${id}`)
        : [call];
    }),
  );
}

function things(states: readonly ResourceState[]): ResourceState[] {
  return states.filter((state) => state.type === THING);
}

/** What holds after any run, failed or not. */
function expectSound(world: World, { states }: SimulationResult): void {
  expect(
    verifyDeployment(
      { manifest: { time: "", magic: "", version: "" }, resources: states },
      { stack: "test", project: "sim" },
    ),
  ).toEqual([]);
  const known = new Set(things(states).map((state) => state.id));
  for (const id of world.objects.keys()) expect(known).toContain(id);
  // Whatever the state holds as existing does exist.
  for (const state of things(states))
    if (!state.pendingReplacement && !state.delete) expect(world.objects.has(state.id!)).toBe(true);
}

/** What holds after a run without failures: the world is what the program asks for. */
function expectConverged(world: World, declared: readonly Declaration[], result: SimulationResult): void {
  expect(result.errors).toEqual([]);
  const states = things(result.states);
  expect(states.map((state) => urnName(state.urn)).sort()).toEqual(declared.map(({ name }) => name).sort());
  expect(states.filter((state) => state.delete === true || state.pendingReplacement === true)).toEqual([]);
  expect([...world.objects.keys()].sort()).toEqual(states.map((state) => state.id).sort());
  const ids = new Map(states.map((state) => [urnName(state.urn), state.id!]));
  for (const { name, inputs = {}, refs = {} } of declared) {
    const expected = {
      ...inputs,
      ...Object.fromEntries(Object.entries(refs).map(([key, other]) => [key, ids.get(other)!])),
    };
    // How an object would be replaced is not part of it.
    expect(world.objects.get(ids.get(name)!)).toEqual({ ...expected, deleteFirst: expect.any(Boolean) as boolean });
    expect(states.find((state) => state.urn === urnOf(name))!.inputs).toEqual(expected);
  }
}

/**
 * Final deletions go dependents first: none while something that stood on it, and goes too, is still there.
 *
 * A copy that an earlier replacement left behind is no such dependency: where what it stands on is replaced by deleting
 * it first, the copy goes along, out of turn, as in Pulumi's engine, whoever was registered on it before. It is held to
 * the order as a dependent.
 */
function expectDeletionOrder(before: readonly ResourceState[], { events }: SimulationResult): void {
  const turns = new Map<string, number>();
  for (const [i, event] of events.entries())
    if (event.event === "resourceOutputs" && event.op === "delete") turns.set(`${event.urn} ${event.oldId ?? ""}`, i);
  const turnOf = ({ urn, id }: ResourceState): number | undefined => turns.get(`${urn} ${id ?? ""}`);
  for (const [i, state] of before.entries()) {
    const mine = turnOf(state);
    if (mine === undefined) continue;
    const needed = new Set(dependencyUrns(state));
    // Copies of one resource have one name: a state stands on one that is in front of it in the list.
    for (const other of before.slice(0, i)) {
      const turn = other.delete || !needed.has(other.urn) ? undefined : turnOf(other);
      if (turn !== undefined) expect(turn).toBeGreaterThan(mine);
    }
  }
}

/** The same programs at every run of `npm test`; ENGINE_SEED sets others. */
const seed = Number(process.env.ENGINE_SEED ?? "1");

test("programs converge after any sequence of edits and failures", async () => {
  await fc.assert(
    fc.asyncProperty(runs, program, async (sequence, last) => {
      const world = new World();
      let states: ResourceState[] = [];
      const step = async (declared: Declaration[], options: object, failing: string[]): Promise<SimulationResult> => {
        world.failing = failingCalls(world, failing);
        const pending = new Set(
          things(states)
            .filter((state) => state.pendingReplacement)
            .map((state) => state.id),
        );
        const gone = new Set(world.deleted);
        const result = await simulate(world, declared, states, options);
        expectSound(world, result);
        expectDeletionOrder(states, result);
        // A second deletion is only for what stands in the state as half replaced.
        const again = world.calls.filter(
          (call) => call.startsWith("delete ") && gone.has(call.slice("delete ".length)),
        );
        for (const call of again) expect(pending).toContain(call.slice("delete ".length));
        world.calls.length = 0;
        states = result.states;
        return result;
      };
      for (const { program: declared, failures: failing, ...options } of sequence)
        await step(declared, options, failing);
      expectConverged(world, last, await step(last, {}, []));
      // Once there, nothing is left to do.
      const { counts } = await step(last, {}, []);
      expect(Object.keys(counts)).toEqual(["same"]);
      await step(last, { destroy: true }, []);
      expect([...world.objects.keys()]).toEqual([]);
      expect(states).toEqual([]);
    }),
    { numRuns: 100, seed, endOnFailure: true },
  );
}, 120_000);

test("a preview calls nothing, keeps the state, and foretells what a run without failures does", async () => {
  await fc.assert(
    fc.asyncProperty(program, program, async (first, second) => {
      const world = new World();
      const { states } = await simulate(world, first, []);
      const before = JSON.stringify(states);
      world.calls.length = 0;
      const foretold = await simulate(world, second, states, { preview: true });
      expect(world.calls).toEqual([]);
      expect(JSON.stringify(states)).toBe(before);
      expect(foretold.errors).toEqual([]);
      const done = await simulate(world, second, states);
      const { create = 0, delete: deleted = 0 } = done.counts;
      expect({ create: foretold.counts.create ?? 0, delete: foretold.counts.delete ?? 0 }).toEqual({
        create,
        delete: deleted,
      });
    }),
    { numRuns: 100, seed },
  );
}, 120_000);
