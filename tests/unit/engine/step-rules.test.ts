// SPDX-License-Identifier: Apache-2.0
/** Rules of step generation that no recording shows, each as the real engine's source has it. */
import { Metadata, status } from "@grpc/grpc-js";
import { leftBy } from "../../../lab/engine/apply";
import { BuiltinProvider } from "../../../lab/engine/builtin-provider";
import { diffInputs } from "../../../lab/engine/diffing";
import { makeSecret } from "../../../lab/engine/values";
import { World, nameOfId } from "./support/memory-provider";
import { simulate, stepsOf, urnOf } from "./support/simulation";
import type { Declaration, SimulationOptions } from "./support/simulation";

async function twice(first: Declaration[], second: Declaration[], options: SimulationOptions = {}) {
  const world = new World();
  const { states } = await simulate(world, first, []);
  return { world, states, result: await simulate(world, second, states, options) };
}

const trigger = (value: string | number | boolean | undefined): Declaration[] => [
  { name: "a", goal: { replacementTrigger: value } },
];

test("another replacement trigger replaces; the first one, and none, do not", async () => {
  expect(stepsOf((await twice(trigger(1), trigger(2))).result)).toContain("replace a");
  expect(stepsOf((await twice(trigger(undefined), trigger(2))).result)).toEqual([]);
  expect(stepsOf((await twice(trigger(false), trigger(undefined))).result)).toEqual([]);
  expect(stepsOf((await twice(trigger(0), trigger(false))).result)).toContain("replace a");
});

test("what is replaced with another one is replaced with it", async () => {
  const program = (key: number): Declaration[] => [
    { name: "a", inputs: { key } },
    { name: "b", replaceWith: ["a"] },
  ];
  const { result } = await twice(program(1), program(2));
  expect(stepsOf(result)).toEqual(expect.arrayContaining(["replace a", "replace b"]));
  expect(result.failed).toBe(false);
});

test("a target that nobody knows fails the run, a known one is done all the same", async () => {
  const program = (value: number): Declaration[] => [{ name: "a", inputs: { value } }];
  const { result, world } = await twice(program(1), program(2), { targets: [urnOf("a"), urnOf("nobody")] });
  expect(result.failed).toBe(true);
  expect(result.errors).toEqual([
    `Target '${urnOf("nobody")}' could not be found in the stack. Did you forget to escape $ in your shell?`,
  ]);
  expect([...world.objects.values()]).toEqual([{ value: 2 }]);
});

test("a target that needs what is not made is refused; a preview says so too", async () => {
  const program: Declaration[] = [{ name: "a" }, { name: "b", dependsOn: ["a"] }];
  for (const preview of [false, true]) {
    const { errors, states } = await simulate(new World(), program, [], { targets: [urnOf("b")], preview });
    expect(errors).toEqual([
      `Resource '${urnOf("b")}' depends on '${urnOf("a")}' which was was not specified in --target list.`,
    ]);
    expect(states.map(({ urn }) => urn)).not.toContain(urnOf("b"));
  }
});

test("a package without a default provider wants an explicit one", async () => {
  const { errors, failed } = await simulate(new World(), [{ name: "a" }], [], {
    config: { "pulumi:disable-default-providers": '["memory"]' },
  });
  expect(failed).toBe(true);
  expect(errors).toEqual([`Default provider for 'memory' disabled. '${urnOf("a")}' must use an explicit provider.`]);
});

test("a refresh reads everything although one read fails, and drops what is gone", async () => {
  const program: Declaration[] = [{ name: "a" }, { name: "b" }, { name: "c", dependsOn: ["b"] }];
  const world = new World();
  const { states } = await simulate(world, program, []);
  world.objects.delete("b-2");
  world.failing = new Set(["read a-1"]);
  world.calls.length = 0;
  const result = await simulate(world, program, states, { refresh: true, parallel: 1 });
  expect(world.calls).toEqual(["read a-1", "read b-2", "read c-3"]);
  expect(result.failed).toBe(true);
  expect(result.states.map(({ urn }) => urn)).not.toContain(urnOf("b"));
  expect(result.states.find(({ urn }) => urn === urnOf("c"))?.dependencies).toEqual([]);
});

test("what depends on a component is deleted before everything inside it", async () => {
  const program: Declaration[] = [
    { name: "group", component: true },
    { name: "inside", parent: "group" },
    { name: "user", dependsOn: ["group"] },
  ];
  const { result } = await twice(program, [], { parallel: 1 });
  expect(stepsOf(result)).toEqual(["delete user", "delete inside"]);
});

test("what is deleted with another one is deleted by itself where that one is only replaced", async () => {
  const program = (key: number): Declaration[] => [
    { name: "a", inputs: { key }, goal: { deleteBeforeReplace: true } },
    { name: "b", inputs: {}, refs: { key: "a" }, deletedWith: "a" },
    { name: "c", deletedWith: "a" },
  ];
  const { result, world } = await twice(program(1), program(2), { parallel: 1 });
  const deletions = world.calls.filter((call) => call.startsWith("delete"));
  expect(deletions.map((call) => nameOfId(call))).toEqual(["delete b", "delete a"]);
  expect(stepsOf(result)).toContain("replace b");
  expect(stepsOf(result)).not.toContain("replace c");
});

// resourceStateAndError in provider_plugin.go; whoever cannot say what is left says 2.
test("what a failed call leaves behind is told by its code", () => {
  const answer = (code: status): Error => Object.assign(new Error(), { code, details: "no", metadata: new Metadata() });
  for (const code of [status.UNKNOWN, status.INTERNAL, status.DATA_LOSS]) expect(leftBy(answer(code))).toBe(2);
  for (const code of [status.INVALID_ARGUMENT, status.NOT_FOUND, status.UNAVAILABLE])
    expect(leftBy(answer(code))).toBe(0);
  expect(leftBy(new Error("died", { cause: answer(status.UNAVAILABLE) }))).toBe(0);
  expect(leftBy(new Error("there is no such stack"))).toBe(2);
});

// builtins.go, Read: an import is told nothing but the id.
test("a stack reference is not imported", async () => {
  const provider = new BuiltinProvider({ resource: () => undefined, otherStack: () => Promise.resolve([]) });
  const urn = "urn:pulumi:s::p::pulumi:pulumi:StackReference::other";
  await expect(provider.read({ urn, id: "organization/p/other" })).rejects.toThrow(/can not be imported/);
});

test("a value that becomes a secret is a change where the engine judges", () => {
  const secret = makeSecret("x");
  expect(diffInputs({ a: "x", b: secret }, { a: secret, b: secret })).toMatchObject({
    changes: "some",
    changedKeys: ["a"],
  });
});
