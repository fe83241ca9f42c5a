// SPDX-License-Identifier: Apache-2.0
import fc from "fast-check";
import { Struct } from "google-protobuf/google/protobuf/struct_pb";
import { AssetValue, Secret, UNKNOWN, type PropertyMap, type PropertyValue } from "../../../provider/grpc/provider";
import {
  containsSecret,
  containsUnknown,
  decodeProperties,
  encodeProperties,
  fromWire,
  jsonToStruct,
  reveal,
  sameValue,
  SIGNATURE,
  SPECIAL,
  structToJson,
  toWire,
  UNKNOWN_TEXT,
  type Json,
  type JsonMap,
} from "../../../provider/grpc/values";

/** google-protobuf keeps its maps in plain objects, which have no member of this name. */
const name = fc.string({ maxLength: 8 }).filter((text) => text !== "__proto__" && text !== SIGNATURE);
const text = fc.string({ unit: "grapheme", maxLength: 12 }).filter((value) => value !== UNKNOWN_TEXT);
const number = fc.double({ noNaN: true }).map((value) => (Object.is(value, -0) ? 0 : value));

const { value: anyValue, map: anyMap } = fc.letrec<{ value: PropertyValue; map: PropertyMap }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    fc.constant(null),
    fc.boolean(),
    number,
    text,
    fc.constant<PropertyValue>(UNKNOWN),
    fc.array(tie("value"), { maxLength: 4 }),
    tie("map"),
    tie("value")
      .filter((value) => !(value instanceof Secret))
      .map((value) => new Secret(value)),
    fc
      .record({ source: text.filter((value) => value !== ""), hash: text })
      .map(({ source, hash }) => new AssetValue("asset", { path: source }, hash)),
    text.map((content) => new AssetValue("asset", { text: content }, "h")),
    tie("map").map((assets) => new AssetValue("archive", { assets }, "h")),
  ),
  map: fc.dictionary(name, tie("value"), { maxKeys: 4, noNullPrototype: true }),
}));

/** What a message looks like after its way over the wire. */
function travel(map: PropertyMap, keepSecrets: boolean): PropertyMap {
  const bytes = encodeProperties(map).serializeBinary();
  return decodeProperties(Struct.deserializeBinary(bytes), keepSecrets);
}

describe("property values on the wire", () => {
  it("arrive as they were sent", () => {
    fc.assert(fc.property(anyMap, (map) => expect(travel(map, true)).toEqual(map)));
  });

  it("arrive without any secret at a provider that takes none, else unchanged", () => {
    fc.assert(
      fc.property(anyMap, (map) => {
        const opened = travel(map, false);
        expect(containsSecret(opened)).toBe(false);
        expect(opened).toEqual(reveal(map));
        expect(sameValue(map, opened)).toBe(!containsUnknown(map));
      }),
    );
  });

  it("are recognised: a secret or unknown part is found at every depth", () => {
    fc.assert(
      fc.property(anyValue, (value) => {
        const wire = JSON.stringify(toWire(value));
        expect(containsSecret(value)).toBe(wire.includes(SPECIAL.secret));
        expect(containsUnknown(value)).toBe(wire.includes(UNKNOWN_TEXT));
      }),
    );
  });

  it("keep plain JSON as it is", () => {
    const json: JsonMap = { a: [1, null, { b: "x" }], c: -1.5, d: false, e: {}, f: [] };
    expect(structToJson(jsonToStruct(json))).toEqual(json);
    expect(structToJson(jsonToStruct({ a: undefined, b: 1 }))).toEqual({ b: 1 });
    expect(structToJson(undefined)).toEqual({});
    expect(() => jsonToStruct({ a: (() => 1) as unknown as Json })).toThrow("plain data, got a function");
  });

  it("leave out members that are undefined", () => {
    const map = { a: undefined, b: 1 } as unknown as PropertyMap;
    expect(structToJson(encodeProperties(map))).toEqual({ b: 1 });
  });

  const special = (kind: keyof typeof SPECIAL, members: JsonMap): JsonMap => ({
    [SIGNATURE]: SPECIAL[kind],
    ...members,
  });
  const urn = "urn:pulumi:s::p::t::n";
  const forms: { what: string; json: Json; value: PropertyValue }[] = [
    { what: "an output that is not known", json: special("output", { dependencies: [urn] }), value: UNKNOWN },
    { what: "a secret output", json: special("output", { value: 1, secret: true }), value: new Secret(1) },
    { what: "a secret unknown output", json: special("output", { secret: true }), value: new Secret(UNKNOWN) },
    {
      what: "a secret in a secret output",
      json: special("output", { value: special("secret", { value: 1 }), secret: true }),
      value: new Secret(1),
    },
    { what: "a plain output", json: special("output", { value: ["a"] }), value: ["a"] },
    { what: "a custom resource", json: special("resource", { urn, id: "i" }), value: "i" },
    {
      what: "a custom resource without an id yet",
      json: special("resource", { urn, id: UNKNOWN_TEXT }),
      value: UNKNOWN,
    },
    { what: "a component", json: special("resource", { urn }), value: urn },
    {
      what: "an empty text asset",
      json: special("asset", { hash: "h" }),
      value: new AssetValue("asset", { text: "" }, "h"),
    },
    {
      what: "an empty archive",
      json: special("archive", { hash: "h" }),
      value: new AssetValue("archive", { assets: {} }, "h"),
    },
    {
      what: "a remote archive",
      json: special("archive", { uri: "u", hash: "h" }),
      value: new AssetValue("archive", { uri: "u" }, "h"),
    },
    { what: "a signature of a later version", json: { [SIGNATURE]: "new" }, value: { [SIGNATURE]: "new" } },
  ];
  it.each(forms)("understand $what", ({ json, value }) => expect(fromWire(json, true)).toEqual(value));
});

describe("sameValue", () => {
  it("is true of equals whatever their secrecy, and of nothing unknown", () => {
    fc.assert(
      fc.property(anyValue, (value) => {
        expect(sameValue(value, reveal(value))).toBe(!containsUnknown(value));
        expect(sameValue(new Secret(value), value)).toBe(!containsUnknown(value));
      }),
    );
  });

  it("takes null and absent for the same, and compares assets by hash", () => {
    expect(sameValue({ a: null, b: 1 }, { b: 1 })).toBe(true);
    expect(sameValue(undefined, null)).toBe(true);
    const asset = (path: string, hash: string) => new AssetValue("asset", { path }, hash);
    expect(sameValue(asset("a", "1"), asset("b", "1"))).toBe(true);
    expect(sameValue(asset("a", "1"), asset("a", "2"))).toBe(false);
    expect(sameValue(asset("a", ""), asset("a", "2"))).toBe(true);
    expect(sameValue(asset("a", "1"), new AssetValue("archive", { path: "a" }, "1"))).toBe(false);
  });

  it("tells different kinds apart", () => {
    const values: PropertyValue[] = [0, "0", false, "", [], {}, [[]], { a: 1 }, { b: 1 }, [1], [1, 2], "a"];
    for (const [i, a] of values.entries()) {
      for (const [j, b] of values.entries()) expect(sameValue(a, b)).toBe(i === j);
    }
  });
});
