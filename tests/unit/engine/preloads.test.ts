// SPDX-License-Identifier: Apache-2.0
/** What processes of the SDK load before anything else. */
import { spawnSync } from "node:child_process";
import { join } from "node:path";

const guard = join(__dirname, "../../../lab/engine/inspect-guard.cjs");

function inspectWith(stackLine: string): string {
  const program = `
    const util = require("util");
    const error = new Error("said");
    error.stack = "Error: said\\n    at f (${stackLine}:1:2)\\n    at g (/p/index.ts:3:4)";
    process.stdout.write(util.inspect(error, { colors: true }) + util.inspect.custom.toString());
  `;
  const result = spawnSync(process.execPath, ["--require", guard, "-e", program], {
    timeout: 10_000,
    encoding: "utf8",
  });
  expect(result.signal).toBeNull();
  return result.stdout;
}

test("an error whose stack names a file directly under a scope is shown, and at once", () => {
  expect(inspectWith("/p/node_modules/@pulumi/output.ts")).toMatch(
    /Error: said\n {4}at f .*\n {4}at g .*Symbol\(nodejs/,
  );
});

test("other errors keep their colours", () => {
  expect(inspectWith("/p/node_modules/@pulumi/pulumi/output.js")).toContain("\u001b[4m@pulumi/pulumi\u001b[24m");
});

test("traces that the SDK takes for promises are left empty, those of errors are not", () => {
  const program = `
    require("@pulumi/pulumi");
    const { debuggablePromise } = require("@pulumi/pulumi/runtime/debuggable");
    const settled = Promise.resolve();
    debuggablePromise(settled, "settled");
    console.log(JSON.stringify([settled._debugStackTrace, new Error("said").stack.split("\\n").length > 2]));
  `;
  const traces = join(__dirname, "../../../lab/engine/promise-traces.cjs");
  const run = (env: NodeJS.ProcessEnv): unknown[] => {
    const { stdout } = spawnSync(process.execPath, ["--require", traces, "-e", program], { encoding: "utf8", env });
    return JSON.parse(stdout) as unknown[];
  };
  expect(run(process.env)).toEqual(["Error", true]);
  expect(run({ ...process.env, PULUMI_DEBUG_PROMISE_LEAKS: "1" })[0]).toContain("debuggablePromise");
});

test("resources of the SDK take no stack, and errors keep theirs", () => {
  const program = `
    const { Resource } = require("@pulumi/pulumi");
    console.log(JSON.stringify([Resource.callsites().length > 0, new Error("said").stack.split("\\n").length > 2]));
  `;
  const placeless = join(__dirname, "../../../lab/engine/source-positions.cjs");
  const run = (flags: string[]): unknown =>
    JSON.parse(spawnSync(process.execPath, [...flags, "-e", program], { encoding: "utf8" }).stdout);
  expect(run([])).toEqual([true, true]);
  expect(run(["--require", placeless])).toEqual([false, true]);
});

test("the SDK starts without the compiler and npm, and loads them where a function is written down", () => {
  const program = `
    const pulumi = require("@pulumi/pulumi");
    const loaded = (name) => Object.keys(require.cache).some((file) => file.includes("/node_modules/" + name + "/"));
    const before = [loaded("typescript"), loaded("@npmcli/arborist")];
    const more = 1;
    pulumi.runtime.serializeFunction((x) => x + more).then(({ text }) => {
      console.log(JSON.stringify([before, loaded("typescript"), text.includes("x + more")]));
    });
  `;
  const lazy = join(__dirname, "../../../lab/engine/lazy-modules.cjs");
  const { stdout } = spawnSync(process.execPath, ["--require", lazy, "-e", program], { encoding: "utf8" });
  expect(JSON.parse(stdout)).toEqual([[false, false], true, true]);
});
