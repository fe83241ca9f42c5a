// SPDX-License-Identifier: Apache-2.0
import * as fc from "fast-check";
import { diffInputs, applyIgnoreChanges, applyReplaceOnChanges, replaces } from "../../../lab/engine/diffing";
import { parsePath, pathContains } from "../../../lab/engine/paths";
import { SOME_DIFF } from "../../../lab/engine/provider";
import { seconds } from "../../../lab/engine/registration";
import { UrnFilter } from "../../../lab/engine/urn-filter";
import {
  ASSET,
  SIGNATURE,
  annotateSecrets,
  elideAssets,
  equal,
  makeSecret,
  markSecretOutputs,
  openOutputs,
  restoreElided,
  stripSecrets,
  withoutUnknowns,
} from "../../../lab/engine/values";
import { OUTPUT, UNKNOWN } from "../../../lab/engine/values";
import type { Props, Value } from "../../../lab/engine/values";

const json = fc.jsonValue({ maxDepth: 3 }) as fc.Arbitrary<Value>;

test("stripping secrets undoes marking them", () => {
  fc.assert(fc.property(json, (value) => equal(stripSecrets({ a: [makeSecret(value)] }), { a: [value] })));
});

// provider_plugin.go, Check: KeepUnknowns only where unknowns are allowed, which is in a preview; rpc.go leaves the others out.
test("outside of a preview a provider gets nothing for what is unknown", () => {
  const values: Props = {
    a: 1,
    b: UNKNOWN,
    c: { d: UNKNOWN, e: [1, UNKNOWN, { f: UNKNOWN }] },
    g: makeSecret({ h: UNKNOWN }),
  };
  expect(withoutUnknowns(values)).toEqual({ a: 1, c: { e: [1, {}] }, g: makeSecret({}) });
  const known: Props = { a: [1], b: {} };
  expect(withoutUnknowns(known)).toBe(known);
});

test("equality does not depend on the order of keys", () => {
  expect(equal({ a: 1, b: [2] }, { b: [2], a: 1 })).toBe(true);
  expect(equal({ a: 1 }, { a: 1, b: null })).toBe(false);
});

test("plain results become secret where the inputs were", () => {
  const marked = annotateSecrets(
    { a: 1, b: { c: 2, d: 3 }, list: [4], other: 5 },
    { a: makeSecret(1), b: { c: makeSecret(2) }, list: [makeSecret(4)] },
  );
  expect(marked).toEqual({ a: makeSecret(1), b: { c: makeSecret(2), d: 3 }, list: makeSecret([4]), other: 5 });
});

test("outputs are marked by name and by input", () => {
  expect(markSecretOutputs({ a: 1, b: 2, c: 3 }, { a: makeSecret(1) }, ["b", "missing", "id"])).toEqual({
    a: makeSecret(1),
    b: makeSecret(2),
    c: 3,
  });
});

test("output envelopes are opened", () => {
  const known: Props = { [SIGNATURE]: OUTPUT, value: 1, secret: true, dependencies: ["u"] };
  expect(openOutputs({ known, unknown: { [SIGNATURE]: OUTPUT } })).toEqual({ known: makeSecret(1), unknown: UNKNOWN });
});

test("paths", () => {
  expect(parsePath('a.b[0]["x.y"].*')).toEqual(["a", "b", 0, "x.y", "*"]);
  expect(parsePath("a[")).toBeUndefined();
  const contains = (pattern: string, path: string): boolean =>
    pathContains(parsePath(pattern) ?? [], parsePath(path) ?? []);
  expect(contains("tags", "tags.two")).toBe(true);
  expect(contains("tags.*", "tags.two")).toBe(true);
  expect(contains("tags.one", "tags.two")).toBe(false);
  expect(contains("triggers[*]", "triggers[3].x")).toBe(true);
});

test("ignored changes take the old value, also inside secrets", () => {
  const olds: Props = { a: 1, tags: { one: 1, two: 2 }, s: makeSecret({ x: 1 }), gone: 1 };
  const news: Props = { a: 2, tags: { one: 9, two: 9 }, s: makeSecret({ x: 2 }), fresh: 1 };
  expect(applyIgnoreChanges(news, olds, ["a", "tags.two", "s.x", "gone", "fresh"]).inputs).toEqual({
    a: 1,
    tags: { one: 9, two: 2 },
    s: makeSecret({ x: 1 }),
    gone: 1,
  });
  expect(applyIgnoreChanges(news, olds, ["*"]).inputs).toEqual(olds);
  expect(applyIgnoreChanges({ list: [1] }, { list: [1, 2] }, ["list[*]"]).invalid).toEqual(["list[*]"]);
});

// PropertyPath.Reset: what both have is put back even where the path as a whole cannot be ignored.
test("ignored paths that lead into what was added or removed", () => {
  const ignore = (news: Props, olds: Props, path: string): unknown => {
    const before = structuredClone(news);
    const { inputs, invalid } = applyIgnoreChanges(news, olds, [path]);
    expect(news).toEqual(before);
    return [inputs, invalid.length === 0];
  };
  const list = (...ps: number[]): Props => ({ x: ps.map((p) => ({ p })) });
  expect(ignore(list(10, 30, 7), list(1, 3), "x[*].p")).toEqual([list(1, 3, 7), false]);
  expect(ignore(list(10), list(1, 3), "x[*].p")).toEqual([list(1), false]);
  expect(ignore({ x: [5, 6] }, { x: [1] }, "x[*]")).toEqual([{ x: [1, 6] }, false]);
  expect(ignore({ x: [5] }, { x: [1, 2] }, "x[7]")).toEqual([{ x: [5] }, true]);
  expect(ignore({ x: [5] }, { x: [1, 2] }, "x[1]")).toEqual([{ x: [5] }, false]);
  expect(ignore({ x: 1 }, { x: 2 }, "x[0].y")).toEqual([{ x: 1 }, true]);
  expect(ignore({}, { x: { y: 1 } }, "x.y")).toEqual([{}, false]);
  expect(ignore({ x: { y: 1 } }, {}, "x.y")).toEqual([{ x: {} }, true]);
  expect(ignore({ x: { a: { y: 1 } } }, { x: { a: { y: 2 }, b: {} } }, "x[*].y")).toEqual([
    { x: { a: { y: 2 } } },
    false,
  ]);
  expect(ignore({ x: { y: 1 } }, { x: makeSecret({ y: 2 }) }, "x.y")).toEqual([{ x: { y: makeSecret(2) } }, true]);
});

test("differences that no provider has judged", () => {
  expect(diffInputs({ a: makeSecret(1) }, { a: makeSecret(1) }).changes).toBe("none");
  expect(diffInputs({ a: makeSecret(1) }, { a: 1 }).changes).toBe("some");
  expect(diffInputs({ a: 1 }, { a: makeSecret(1) }).changes).toBe("some");
  expect(diffInputs({ a: 1, b: { c: 1 }, l: [1] }, { b: { c: 2 }, l: [1, 2] })).toEqual({
    changes: "some",
    changedKeys: ["a", "b", "l"],
    detailed: {
      a: { kind: "delete", inputDiff: true },
      "b.c": { kind: "update", inputDiff: true },
      "l[1]": { kind: "add", inputDiff: true },
    },
  });
});

test("replaceOnChanges turns an update into a replacement", () => {
  const diff = {
    ...SOME_DIFF,
    changedKeys: ["a", "b"],
    detailed: { "a.x": { kind: "update" as const, inputDiff: true } },
  };
  const changed = applyReplaceOnChanges(diff, ["a"], false);
  expect(changed.replaceKeys).toEqual(["a"]);
  expect(changed.detailed?.["a.x"]?.kind).toBe("update-replace");
  expect(replaces(changed)).toBe(true);
  expect(replaces(applyReplaceOnChanges(diff, ["c"], false))).toBe(false);
});

test("URN patterns", () => {
  const filter = new UrnFilter(["**::a", "urn:pulumi:s::p::t:x:*::b"]);
  expect(filter.names("urn:pulumi:s::p::t:x:y::a")).toBe(true);
  expect(filter.names("urn:pulumi:s::p::t:x:y::b")).toBe(true);
  expect(filter.names("urn:pulumi:s::p::t:x:y::ab")).toBe(false);
  expect(new UrnFilter().active).toBe(false);
});

test("durations", () => {
  expect(seconds("1h5m1.5s")).toBe(3901.5);
  expect(seconds("")).toBe(0);
  expect(() => seconds("5 minutes")).toThrow(/duration/);
});

test("contents of assets that a provider got by their hash alone come back from what was sent", () => {
  const asset = { [SIGNATURE]: ASSET, hash: "aa", path: "/p/converger.py", text: "", uri: "" };
  const elided = elideAssets({ source: asset, other: 1 });
  expect(elided).toEqual({ source: { [SIGNATURE]: ASSET, hash: "aa" }, other: 1 });
  expect(restoreElided({ source: asset }, { source: { ...elided.source, text: "" } })).toEqual({ source: asset });
  const another = { source: { [SIGNATURE]: ASSET, hash: "bb" } };
  expect(restoreElided({ source: asset }, another)).toBe(another);
  const own = { source: { [SIGNATURE]: ASSET, hash: "aa", path: "/elsewhere" } };
  expect(restoreElided({ source: asset }, own)).toBe(own);
});
