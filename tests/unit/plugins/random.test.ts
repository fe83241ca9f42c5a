// SPDX-License-Identifier: Apache-2.0
import fc from "fast-check";
import { impossible, randomCharacters, type CharacterRules } from "../../../lab/plugins/random/characters";
import { randomProvider } from "../../../lab/plugins/random/provider";
import { Secret, UNKNOWN, type PropertyMap } from "../../../provider/grpc/provider";
import { connectProvider, type ProviderClient } from "../../helpers/provider-client";

const type = (name: string) => ({ type: `random:index/${name.charAt(0).toLowerCase()}${name.slice(1)}:${name}` });

describe("the random provider's stand-in", () => {
  let client: ProviderClient;
  beforeAll(async () => {
    client = await connectProvider(randomProvider("4.21.2"));
  });
  afterAll(() => client.close());

  const create = async (name: string, inputs: PropertyMap) => {
    const checked = await client.check(type(name), inputs);
    expect(checked.failures).toEqual([]);
    return client.create(type(name), checked.inputs);
  };

  it("makes a password: secret, with the provider's defaults, id none", async () => {
    const { id, properties } = await create("RandomPassword", { length: 32, special: false });
    expect(id).toBe("none");
    const { result, ...rest } = properties;
    expect(result).toBeInstanceOf(Secret);
    expect((result as Secret).value).toMatch(/^[A-Za-z0-9]{32}$/);
    expect(rest).toEqual({
      length: 32,
      upper: true,
      lower: true,
      number: true,
      numeric: true,
      special: false,
      minUpper: 0,
      minLower: 0,
      minNumeric: 0,
      minSpecial: 0,
    });
    const other = await create("RandomPassword", { length: 32, special: false });
    expect(other.properties["result"]).not.toEqual(result);
  });

  it("makes strings, ids, bytes, UUIDs, integers, pets and shuffles", async () => {
    const string = await create("RandomString", {
      length: 4,
      upper: false,
      lower: false,
      numeric: false,
      overrideSpecial: "*",
    });
    expect([string.id, string.properties["result"]]).toEqual(["****", "****"]);

    const id = await create("RandomId", { byteLength: 5, prefix: "p-" });
    const hex = id.properties["hex"] as string;
    expect(hex).toMatch(/^p-[0-9a-f]{10}$/);
    const bytes = Buffer.from(hex.slice(2), "hex");
    expect(id.properties).toMatchObject({
      b64Std: `p-${bytes.toString("base64")}`,
      b64Url: `p-${bytes.toString("base64url")}`,
      dec: `p-${BigInt(`0x${bytes.toString("hex")}`)}`,
    });
    expect(id.id).toBe(bytes.toString("base64url"));

    const { properties: made } = await create("RandomBytes", { length: 7 });
    const [base64, secretHex] = [made["base64"] as Secret, made["hex"] as Secret];
    expect(Buffer.from(base64.value as string, "base64").toString("hex")).toBe(secretHex.value);
    expect(secretHex.value).toHaveLength(14);

    const uuid = await create("RandomUuid", {});
    expect(uuid.id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(uuid.properties["result"]).toBe(uuid.id);

    const integer = await create("RandomInteger", { min: 3, max: 3 });
    expect([integer.id, integer.properties["result"]]).toEqual(["3", 3]);

    const pet = await create("RandomPet", { length: 3, prefix: "x", separator: "_" });
    expect(pet.id).toMatch(/^x(_[a-z]+){3}$/);

    const shuffle = await create("RandomShuffle", { inputs: ["a", "b", "c"], resultCount: 5 });
    expect(shuffle.properties["results"]).toHaveLength(5);
    const whole = await create("RandomShuffle", { inputs: ["a", "b", "c"] });
    expect([...(whole.properties["results"] as string[])].sort()).toEqual(["a", "b", "c"]);
  });

  it("makes nothing in a preview", async () => {
    const call = { ...type("RandomPassword"), preview: true };
    const { id, properties } = await client.create(call, { length: 8 });
    expect([id, properties["result"], properties["special"]]).toEqual(["", new Secret(UNKNOWN), true]);
  });

  it("replaces when any input changes, keepers too", async () => {
    const inputs: PropertyMap = { length: 8, keepers: { a: "1" } };
    const diff = (news: PropertyMap) =>
      client.diff(type("RandomString"), { inputs, outputs: inputs }, { ...inputs, ...news });
    expect(await diff({})).toMatchObject({ changes: 1 });
    expect(await diff({ keepers: { a: "2" } })).toMatchObject({
      changes: 2,
      replacesList: ["keepers"],
      detaileddiffMap: [["keepers.a", { kind: 5, inputdiff: false }]],
    });
    expect(await diff({ special: false })).toMatchObject({ replacesList: ["special"] });
  });

  it("refuses what cannot be made, and types that it does not have", async () => {
    const reasons = async (name: string, inputs: PropertyMap) => (await client.check(type(name), inputs)).failures;
    expect(await reasons("RandomPassword", {})).toEqual([
      { property: "length", reason: "Missing required property 'length'" },
    ]);
    expect(await reasons("RandomPassword", { length: 0, minUpper: -1 })).toHaveLength(2);
    expect(await reasons("RandomPassword", { length: 3, minUpper: 2, minLower: 2 })).toEqual([
      {
        property: "length",
        reason: "'length' must be at least minUpper + minLower + minNumeric + minSpecial, which is 4, got 3",
      },
    ]);
    expect(await reasons("RandomInteger", { min: 2, max: 1 })).toHaveLength(1);
    expect(await reasons("RandomInteger", { min: 1, max: 2, seed: "s" })).toHaveLength(1);
    expect(await reasons("RandomPassword", { length: UNKNOWN, minUpper: 2 })).toEqual([]);
    await expect(client.check(type("RandomUuid7"), {})).rejects.toThrow("has no random:index/randomUuid7:RandomUuid7");
  });
});

describe("randomCharacters", () => {
  const rules: fc.Arbitrary<CharacterRules> = fc.record({
    length: fc.integer({ min: 1, max: 60 }),
    upper: fc.boolean(),
    lower: fc.boolean(),
    number: fc.constant(true),
    numeric: fc.boolean(),
    special: fc.boolean(),
    minUpper: fc.integer({ min: 0, max: 20 }),
    minLower: fc.integer({ min: 0, max: 20 }),
    minNumeric: fc.integer({ min: 0, max: 20 }),
    minSpecial: fc.integer({ min: 0, max: 20 }),
    overrideSpecial: fc.constantFrom("", "_", "-+"),
  });

  it("follows every rule that can be followed", () => {
    fc.assert(
      fc.property(rules, (wanted) => {
        fc.pre(impossible(wanted) === undefined);
        const text = randomCharacters(wanted);
        const count = (pattern: RegExp) => (text.match(pattern) ?? []).length;
        const [upper, lower, digits] = [count(/[A-Z]/g), count(/[a-z]/g), count(/[0-9]/g)];
        const special = text.length - upper - lower - digits;
        expect(text).toHaveLength(wanted.length);
        for (const [number, least, on] of [
          [upper, wanted.minUpper, wanted.upper],
          [lower, wanted.minLower, wanted.lower],
          [digits, wanted.minNumeric, wanted.numeric],
          [special, wanted.minSpecial, wanted.special],
        ] as const) {
          expect(number).toBeGreaterThanOrEqual(least);
          if (!on) expect(number).toBe(least);
        }
      }),
      { numRuns: 200 },
    );
  });
});
