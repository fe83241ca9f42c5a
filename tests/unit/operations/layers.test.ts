// SPDX-License-Identifier: Apache-2.0
import { applyCommands } from "../../../components/host/converge";
import { appliedLayers } from "../../../operations/layers";
import type { StackResource } from "../../../operations/stack";

function resource(layer: string, create: string, ok: boolean): StackResource {
  return {
    urn: `urn:pulumi:s::p::command:remote:Command::${layer}`,
    type: "command:remote:Command",
    inputs: { create, stdin: JSON.stringify({ host: "fe", layer, state: {} }), connection: { host: "192.0.2.1" } },
    outputs: { stdout: JSON.stringify({ ok }) },
  };
}

test("an optional layer counts as applied only where it could be installed", () => {
  const optional = applyCommands({ layer: "x", detached: { optional: true } });
  const required = applyCommands({ layer: "x", detached: { optional: false } });
  const found = appliedLayers([
    resource("ordinary", applyCommands({ layer: "x" }).create, true),
    resource("required", required.create, true),
    resource("optional", optional.create, true),
    resource("not-installed", optional.create, false),
  ]);
  expect(found.map(({ layer }) => layer)).toEqual(["ordinary", "required", "optional"]);
  expect(new Set(found.map(({ converger }) => converger))).toEqual(
    new Set([applyCommands({ layer: "x" }).create.replace(/ apply$/, "")]),
  );
});
