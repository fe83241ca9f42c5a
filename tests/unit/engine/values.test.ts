// SPDX-License-Identifier: Apache-2.0
import * as fc from "fast-check";
import { diffInputs, applyIgnoreChanges, applyReplaceOnChanges, replaces } from "../../../lab/engine/diffing";
import { parsePath, pathContains } from "../../../lab/engine/paths";
import { SOME_DIFF } from "../../../lab/engine/provider";
import { seconds } from "../../../lab/engine/registration";
import { UrnFilter } from "../../../lab/engine/urn-filter";
import {
  annotateSecrets,
  equal,
  makeSecret,
  markSecretOutputs,
  openOutputs,
  stripSecrets,
} from "../../../lab/engine/values";
import { OUTPUT, SIGNATURE, UNKNOWN } from "../../../lab/engine/values";
import type { Props, Value } from "../../../lab/engine/values";

const json = fc.jsonValue({ maxDepth: 3 }) as fc.Arbitrary<Value>;

test("stripping secrets undoes marking them", () => {
  fc.assert(fc.property(json, (value) => equal(stripSecrets({ a: [makeSecret(value)] }), { a: [value] })));
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
