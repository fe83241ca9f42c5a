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
