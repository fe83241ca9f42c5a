// SPDX-License-Identifier: Apache-2.0
import * as fc from "fast-check";

import { UNKNOWN } from "../../../provider/grpc/provider";
import type { DiffResult, PropertyMap } from "../../../provider/grpc/provider";
import { diff } from "../../../lab/plugins/scaleway/core/diff";
import { plan } from "../../../lab/plugins/scaleway/core/plan";
import { importedInputs, refreshedInputs, settle } from "../../../lab/plugins/scaleway/core/state";
import type { Schema } from "../../../lab/plugins/scaleway/core/schema";
import { text } from "../../../lab/plugins/scaleway/core/values";
import { either, given, optional, output, tags } from "../../../lab/plugins/scaleway/core/schema";

const defaults = { region: "fr-par", zone: "fr-par-1", projectId: "p", organizationId: "o" };
const schema: Schema = {
  name: either({ autoName: true }),
  kind: given({ forceNew: true }),
  note: optional(),
  on: optional({ kind: "bool", default: false }),
  address: output(),
  tags,
  keys: optional({ kind: "set" }),
  parts: optional({
    kind: "blockSet",
    fields: { id: given(), label: output() },
    identity: (part) => text(part.id),
  }),
};

const stored: PropertyMap = {
  name: "a",
  kind: "x",
  note: null,
  on: false,
  address: "192.0.2.1",
  tags: null,
  keys: null,
  parts: [],
};

function compare(prior: PropertyMap, wanted: PropertyMap): DiffResult {
  const planned = plan(schema, prior, wanted, defaults);
  return diff(schema, prior, planned, { news: { __defaults: [], ...wanted }, replaceAll: false });
}

describe("a planned create", () => {
  test("shows what is given, null for what is not and unknown for what the cloud tells", () => {
    expect(plan(schema, undefined, { kind: "x" }, defaults)).toEqual({
      name: UNKNOWN,
      kind: "x",
      note: null,
      on: false,
      address: UNKNOWN,
      tags: null,
      keys: null,
      parts: [],
    });
  });

  test("a list with an unknown element is unknown as a whole", () => {
    expect(plan(schema, undefined, { kind: "x", tags: ["a", UNKNOWN] }, defaults).tags).toBe(UNKNOWN);
  });
});

describe("a difference", () => {
  test.each<[string, PropertyMap, DiffResult["detailedDiff"]]>([
    ["a given text", { note: "n" }, { note: { kind: "add" } }],
    ["another name", { name: "b" }, { name: { kind: "update" } }],
    ["a list where none was", { tags: ["a"] }, { tags: { kind: "add" } }],
    ["an unknown value", { note: UNKNOWN, name: UNKNOWN }, { note: { kind: "add" }, name: { kind: "update" } }],
  ])("%s", (_title, wanted, expected) => {
    const result = compare(stored, { kind: "x", ...wanted });
    expect(result).toMatchObject({ changes: "some", stables: ["kind"], deleteBeforeReplace: false });
    expect(result.detailedDiff).toEqual(expected);
  });

  test("an empty list is no list", () => {
    expect(compare(stored, { kind: "x", tags: [] }).changes).toBe("none");
  });

  test("what is no longer given is removed, what the cloud decides stays", () => {
    const before = { ...stored, note: "n", tags: ["a", "b"] };
    expect(compare(before, { kind: "x" }).detailedDiff).toEqual({ note: { kind: "delete" }, tags: { kind: "delete" } });
  });

  test("a replacement deletes first only where the program gave the name", () => {
    const planned = plan(schema, stored, { kind: "y" }, defaults);
    const named = diff(schema, stored, planned, { news: { __defaults: [] }, replaceAll: false });
    const automatic = diff(schema, stored, planned, { news: { __defaults: ["name"] }, replaceAll: false });
    expect(named).toMatchObject({ replaces: ["kind"], deleteBeforeReplace: true, stables: [] });
    expect(automatic).toMatchObject({ replaces: ["kind"], deleteBeforeReplace: false });
  });

  test("a default that an imported object lacks is told, but asks for nothing alone", () => {
    const imported = { ...stored, on: null };
    expect(compare(imported, { kind: "x" }).changes).toBe("none");
    expect(compare(imported, { kind: "x", name: "b" }).diffs).toEqual(["name", "on"]);
  });

  test("the order of a set means nothing", () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.string({ minLength: 1 }), { minLength: 1 }), (ids) => {
        const parts = [...ids].sort().map((id) => ({ id, label: `of ${id}` }));
        const before = { ...stored, parts, keys: [...ids].sort() };
        const wanted = { kind: "x", keys: [...ids].reverse(), parts: [...ids].reverse().map((id) => ({ id })) };
        expect(compare(before, wanted).changes).toBe("none");
      }),
    );
  });

  test("a planned state has no difference to the plan made of it", () => {
    const wish = fc.record(
      {
        kind: fc.constant("x"),
        name: fc.string({ minLength: 1 }),
        note: fc.string({ minLength: 1 }),
        on: fc.boolean(),
        tags: fc.array(fc.string()),
      },
      { requiredKeys: ["kind"] },
    );
    fc.assert(
      fc.property(wish, (wanted) => {
        const after = plan(schema, stored, wanted, defaults);
        expect(compare(after, wanted).changes).toBe("none");
      }),
    );
  });
});

describe("the stored state", () => {
  test("after a call an unset list stays unset although the API answers an empty one", () => {
    expect(settle({ tags }, { tags: [] }, { tags: null }, "apply")).toEqual({ tags: null });
    expect(settle({ tags }, { tags: [] }, { tags: null }, "read")).toEqual({ tags: [] });
  });

  test("keeps what the API does not tell", () => {
    expect(settle(schema, {}, { note: "n", address: UNKNOWN }, "apply")).toMatchObject({ note: "n", address: null });
  });

  test("a refresh changes only what the program gave", () => {
    const now = { ...stored, name: "outside", note: "outside", tags: ["a", "outside"] };
    expect(refreshedInputs(schema, { __defaults: [], name: "a", kind: "x", tags: ["a"] }, now)).toEqual({
      name: "outside",
      kind: "x",
      tags: ["a"],
    });
  });

  test("an import gives everything that is no default", () => {
    expect(importedInputs(schema, { ...stored, tags: ["a"] })).toEqual({
      __defaults: [],
      name: "a",
      kind: "x",
      tags: ["a"],
    });
  });
});
