// SPDX-License-Identifier: Apache-2.0
import * as fc from "fast-check";
import { aliasUrns } from "../../../lab/engine/aliases";
import { plainGoal } from "../../../lab/engine/default-providers";
import { allUrns, deletionWaves, dependentsOf } from "../../../lab/engine/graph";
import * as steps from "../../../lab/engine/steps";
import type { ResourceState } from "../../../lab/engine/types";
import { makeUrn, splitReference, splitUrn, stackUrn } from "../../../lab/engine/urn";

const scope = { stack: "s", project: "p" };

function state(name: string, needs: string[] = []): ResourceState {
  return {
    urn: `urn:pulumi:s::p::t:i:T::${name}`,
    type: "t:i:T",
    custom: true,
    id: name,
    dependencies: needs.map((need) => `urn:pulumi:s::p::t:i:T::${need}`),
  };
}

/** A list in which every state needs some of those before it. */
const graphs = fc
  .array(fc.array(fc.nat(1000), { maxLength: 3 }), { minLength: 1, maxLength: 30 })
  .map((lists) => lists.map((needs, i) => state(String(i), i === 0 ? [] : needs.map((need) => String(need % i)))));

test("deletions: everything once, nothing before what needs it", () => {
  fc.assert(
    fc.property(graphs, fc.func(fc.boolean()), (states, choose) => {
      const condemned = new Set(states.filter((entry) => choose(entry.urn)));
      const waves = deletionWaves(states, condemned);
      expect(waves.flat().length).toBe(condemned.size);
      expect(new Set(waves.flat())).toEqual(condemned);
      const waveOf = new Map(waves.flatMap((wave, i) => wave.map((entry) => [entry.urn, i] as const)));
      for (const entry of condemned) {
        for (const urn of allUrns(entry)) {
          const below = waveOf.get(urn);
          if (below !== undefined) expect(waveOf.get(entry.urn)).toBeLessThan(below);
        }
      }
    }),
  );
});

test("dependents are found through others and in order", () => {
  const states = [state("a"), state("b", ["a"]), state("c", ["b"]), state("d")];
  const [root] = states;
  const names = (ignore: string[]): (string | undefined)[] =>
    dependentsOf(states, root as ResourceState, { ignore: new Set(ignore), children: false }).map((entry) => entry.id);
  expect(names([])).toEqual(["b", "c"]);
  expect(names([states[1]?.urn ?? ""])).toEqual([]);
});

test("URNs hold the types of ancestors but not the stack's", () => {
  const root = stackUrn(scope);
  const parent = makeUrn(scope, root, { type: "my:index:Comp", name: "c" });
  expect(parent).toBe("urn:pulumi:s::p::my:index:Comp::c");
  expect(makeUrn(scope, parent, { type: "t:i:T", name: "x::y" })).toBe("urn:pulumi:s::p::my:index:Comp$t:i:T::x::y");
  expect(splitUrn("urn:pulumi:s::p::a$b::x::y").name).toBe("x::y");
  expect(splitReference(`${parent}::id`)).toEqual({ urn: parent, id: "id" });
});

test("aliases: by spec, and by a parent that had another name", () => {
  const parent = "urn:pulumi:s::p::my:index:Comp::new";
  const goal = { ...plainGoal("t:i:T", "new-child", {}), parent };
  const none = { scope, aliasOf: new Map<string, string>() };
  expect(aliasUrns({ ...goal, aliases: [{ name: "old", noParent: true }] }, none)).toEqual([
    "urn:pulumi:s::p::t:i:T::old",
  ]);
  const aliasOf = new Map([[parent, "urn:pulumi:s::p::my:index:Comp::old"]]);
  expect(aliasUrns(goal, { scope, aliasOf })).toEqual(["urn:pulumi:s::p::my:index:Comp$t:i:T::old-child"]);
});

describe("steps", () => {
  const old = state("a");
  const now = { ...old };
  const diff = { changes: "some" as const, replaceKeys: ["key"], changedKeys: ["key"], deleteBeforeReplace: true };

  test("create first: the old one goes at the end", () => {
    const chain = steps.replaceSteps(old, now, diff);
    expect(chain.map((step) => [step.op, step.logical, step.pendingDelete])).toEqual([
      ["create-replacement", false, true],
      ["replace", true, true],
    ]);
  });

  test("delete first: dependents before, in reverse order", () => {
    const dependents = [state("b", ["a"]), state("c", ["b"])];
    const chain = steps.deleteFirstSteps(old, now, { diff, dependents });
    expect(chain.map((step) => `${step.op} ${step.old?.id ?? ""}`)).toEqual([
      "delete-replaced c",
      "delete-replaced b",
      "delete-replaced a",
      "replace a",
      "create-replacement a",
    ]);
  });

  test("what a former run has deleted already is only created", () => {
    const chain = steps.deleteFirstSteps({ ...old, pendingReplacement: true }, now, { diff, dependents: [] });
    expect(chain.map((step) => step.op)).toEqual(["replace", "create-replacement"]);
  });

  test("what the stack does not own is discarded, not deleted", () => {
    expect(steps.deleteStep({ ...old, external: true }).op).toBe("discard");
    expect(steps.readSteps(old, { ...old, external: true, id: "other" }).map((step) => step.op)).toEqual([
      "read-replacement",
      "replace",
    ]);
    expect(steps.readSteps(old, { ...old, external: true }).map((step) => step.op)).toEqual(["read"]);
  });
});
