// SPDX-License-Identifier: Apache-2.0
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

test("traces that the SDK takes for promises are left empty, those of errors and of whoever prepares its own are not", () => {
  const program = `
    const before = Error.prepareStackTrace;
    Error.prepareStackTrace = (_, frames) => frames;
    const frames = new Error().stack;
    Error.prepareStackTrace = before;
    function debuggablePromise() { return new Error("x").stack; }
    console.log(JSON.stringify([Array.isArray(frames), debuggablePromise(), new Error("said").stack.split("\\n").length > 2]));
  `;
  const traces = join(__dirname, "../../../lab/engine/promise-traces.cjs");
  const run = (env: NodeJS.ProcessEnv): unknown[] => {
    const { stdout } = spawnSync(process.execPath, ["--require", traces, "-e", program], { encoding: "utf8", env });
    return JSON.parse(stdout) as unknown[];
  };
  expect(run(process.env)).toEqual([true, "", true]);
  expect(run({ ...process.env, PULUMI_DEBUG_PROMISE_LEAKS: "1" })[1]).toContain("Error: x");
});
