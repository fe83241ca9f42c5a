// SPDX-License-Identifier: Apache-2.0
import { mergeStates } from "../../../components/host/merge";

const unit = (name: string) => ({ unit: `${name}.service` });

describe("states of one layer", () => {
  it("keep everything, steps in their order, and may agree on an entry", () => {
    expect(
      mergeStates([
        { packages: { a: "*", b: "1.*" }, sequence: [unit("a")], kernelModules: ["x"] },
        { packages: { a: "*" }, files: { "/f": { content: "1" } }, sequence: [unit("b")] },
        { files: undefined, kernelModules: ["y"] },
      ]),
    ).toEqual({
      packages: { a: "*", b: "1.*" },
      files: { "/f": { content: "1" } },
      kernelModules: ["x", "y"],
      sequence: [unit("a"), unit("b")],
    });
  });

  it("must not disagree, and the error says on what", () => {
    const file = (content: string) => ({ files: { "/f": { content } } });
    expect(() => mergeStates([file("1"), file("2")])).toThrow("files: two parts of one layer want /f differently");
  });

  it("have one guard at most", () => {
    const guard = { commitConfirm: { deadlineSeconds: 1, activate: "", restore: "", activateOn: ["/f"] } };
    expect(() => mergeStates([guard, guard])).toThrow("commitConfirm");
  });
});
