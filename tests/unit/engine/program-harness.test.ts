// SPDX-License-Identifier: Apache-2.0
import { deployProgram, previewProgram } from "../../../lab/engine/testing";

const PROGRAM = `
  const random = require("@pulumi/random");
  const pulumi = require("@pulumi/pulumi");
  const { value } = require("./value.json");
  const pet = new random.RandomPet("pet", { keepers: { value: String(value) } });
  const password = new random.RandomPassword("password", { length: 20 });
  new random.RandomId("id", { byteLength: 4, keepers: { pet: pet.id } });
  exports.password = password.result;
  exports.secret = new pulumi.Config().get("word");
`;

test("a whole stack: deployed, unchanged, edited, destroyed", async () => {
  const { stack, result } = await deployProgram({
    files: { "index.js": PROGRAM, "value.json": '{"value":1}' },
    config: { "program:word": "hello" },
  });
  try {
    result.succeeded();
    expect(
      result.steps
        .filter(({ type }) => type.startsWith("random:"))
        .map(({ op, name }) => `${op} ${name}`)
        .sort(),
    ).toEqual(["create id", "create password", "create pet"]);
    const password = result.result.outputs.password as string;
    expect(password).toHaveLength(20);
    expect(result.sightings(password)).toEqual([]);
    expect(result.result.outputs.secret).toBe("hello");
    expect(result.resource("pet").outputs?.length).toBe(2);
    (await stack.deploy()).unchanged();

    stack.edit({ "value.json": '{"value":2}' });
    const foretold = await stack.preview();
    expect(foretold.result.summary.replace).toBe(2);
    const edited = (await stack.deploy()).succeeded();
    expect(
      edited.steps
        .filter(({ op }) => op === "replace")
        .map(({ name }) => name)
        .sort(),
    ).toEqual(["id", "pet"]);
    expect(edited.resource("password").id).toBe(result.resource("password").id);

    const destroyed = (await stack.destroy()).succeeded();
    expect(destroyed.resources).toEqual([]);
  } finally {
    stack.dispose();
  }
}, 120_000);

test("a failing program says why", async () => {
  const result = await previewProgram({ files: { "index.js": 'throw new Error("it gave up");' } });
  expect(() => result.succeeded()).toThrow("it gave up");
}, 60_000);
