// SPDX-License-Identifier: Apache-2.0
import { Display } from "../../../lab/engine/display";
import type { FormerView, StepView } from "../../../lab/engine/types";
import { SECRET, SIGNATURE, UNKNOWN, type Props } from "../../../lab/engine/values";

type Change = Partial<StepView> & { old?: FormerView };

/** What the display prints of a step with `--diff`. */
function lines({ old, ...step }: Change): string[] {
  let text = "";
  const display = new Display({ write: (part) => (text += part) }, { preview: true, diff: true, terminal: false });
  display.show(
    { event: "resourceOutputs", op: "update", urn: "urn:pulumi:s::p::x:y:Z::one", type: "x:y:Z", ...step },
    old,
  );
  display.stop();
  return text
    .trimEnd()
    .split("\n")
    .slice(1)
    .map((line) => line.trim());
}

const state = (inputs: Props, outputs: Props = {}): { inputs: Props; outputs: Props } => ({ inputs, outputs });
const secret = { [SIGNATURE]: SECRET, ciphertext: "[secret]" };

test.each<[string, Change, string[]]>([
  [
    "a detailed difference has old and new values at its paths",
    {
      detailedDiff: {
        "tags[1]": { diffKind: "update", inputDiff: true },
        "nested.size": { diffKind: "update-replace", inputDiff: true },
        extra: { diffKind: "add", inputDiff: true },
        gone: { diffKind: "delete", inputDiff: true },
      },
      old: state({ tags: ["a", "b"], nested: { size: 1 }, gone: true }),
      new: state({ tags: ["a", "c"], nested: { size: 2 }, extra: "x" }),
    },
    ['~ tags[1]: "b" => "c"', "~ nested.size: 1 => 2 (replaces)", '+ extra: "x"', "- gone: true"],
  ],
  [
    "a difference against what the provider found shows that",
    {
      detailedDiff: { size: { diffKind: "update", inputDiff: false } },
      old: state({ size: 2 }, { size: 3 }),
      new: state({ size: 2 }),
    },
    ["~ size: 3 => 2"],
  ],
  [
    "names of changed properties alone",
    { op: "replace", diffs: ["size"], keys: ["size"], old: state({ size: 1 }), new: state({ size: 2 }) },
    [],
  ],
  [
    "names of changed properties alone, in the step that makes the new one",
    { op: "create-replacement", diffs: ["size"], keys: ["size"], old: state({ size: 1 }), new: state({ size: 2 }) },
    ["~ size: 1 => 2 (replaces)"],
  ],
  [
    "secrets and what is not known yet are words",
    { diffs: ["key", "at"], old: state({ key: secret, at: "then" }), new: state({ key: secret, at: UNKNOWN }) },
    ["~ key: [secret] => [secret]", '~ at: "then" => [unknown]'],
  ],
])("%s", (_name, step, expected) => {
  expect(lines(step)).toEqual(expected);
});
