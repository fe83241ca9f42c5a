// SPDX-License-Identifier: Apache-2.0
// `npm test`: generated files, types, lint, then every jest project. Ends with the line `N passed, N failed`.
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { installPackages, missingPackages, testPackages } from "../lab/hosts/requirements";

const root = resolve(__dirname, "..");
const soak = process.argv.includes("--soak");
if (soak) process.env.ENGINE_KILLS ??= "40";

interface Count {
  passed: number;
  failed: number;
  notRun: number;
}

interface JestResult {
  numPassedTests: number;
  numFailedTests: number;
  numPendingTests: number;
  numTodoTests: number;
  numRuntimeErrorTestSuites: number;
}

function stage(title: string, command: string[]): Count {
  const started = Date.now();
  process.stdout.write(`== ${title}\n`);
  const [program, ...args] = command;
  const { status } = spawnSync(program!, args, { cwd: root, stdio: "inherit" });
  process.stdout.write(
    `== ${title}: ${status === 0 ? "ok" : "FAILED"}, ${Math.round((Date.now() - started) / 1000)} s\n`,
  );
  return { passed: status === 0 ? 1 : 0, failed: status === 0 ? 0 : 1, notRun: 0 };
}

/** Runs jest projects; a skipped test outside `e2e` and `soak` counts as a failure, so that none hides. */
function jest(projects: string[], mayNotRun: boolean): Count {
  const folder = mkdtempSync(join(tmpdir(), "opennebula-scaleway-test-"));
  const output = join(folder, "result.json");
  try {
    const serial = mayNotRun ? ["--runInBand"] : ["--maxWorkers=2"];
    const args = [
      "--no-install",
      "jest",
      ...serial,
      "--json",
      `--outputFile=${output}`,
      "--selectProjects",
      ...projects,
    ];
    const { status } = spawnSync("npx", args, { cwd: root, stdio: ["inherit", "ignore", "inherit"] });
    const result = JSON.parse(readFileSync(output, "utf8")) as JestResult;
    const skipped = result.numPendingTests + result.numTodoTests;
    const failed = result.numFailedTests + result.numRuntimeErrorTestSuites + (mayNotRun ? 0 : skipped);
    return {
      passed: result.numPassedTests,
      failed: status !== 0 && failed === 0 ? 1 : failed,
      notRun: mayNotRun ? skipped : 0,
    };
  } catch {
    return { passed: 0, failed: 1, notRun: 0 };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The real tools that judge rendered files. Only root can install them; anybody else is told what to install. */
async function provideTools(): Promise<void> {
  const missing = await missingPackages(testPackages);
  if (missing.length === 0) return;
  if (process.getuid?.() !== 0) {
    throw new Error(
      `the tests need these Debian packages: ${missing.join(", ")}. Install them, or run the tests as root`,
    );
  }
  console.log(`Installing Debian packages: ${missing.join(", ")}`);
  await installPackages(missing);
}

async function main(): Promise<void> {
  await provideTools();
  const node = process.execPath;
  const counts = soak
    ? [jest(["soak"], true)]
    : [
        stage("generated files", [node, "--import", "tsx", "tools/generate.ts", "--check"]),
        stage("types", ["npx", "--no-install", "tsc", "--noEmit"]),
        stage("lint", ["npx", "--no-install", "eslint", "."]),
        stage("format", ["npx", "--no-install", "prettier", "--check", "--log-level", "warn", "."]),
        stage("import arrows", ["npx", "--no-install", "depcruise", "--config", ".dependency-cruiser.cjs", "."]),
        jest(["unit", "conformance", "package"], false),
        jest(["e2e"], true),
      ];
  const total = (key: keyof Count): number => counts.reduce((sum, count) => sum + count[key], 0);
  const notRun = total("notRun") > 0 ? `, ${total("notRun")} not run (needs root)` : "";
  console.log(`${total("passed")} passed, ${total("failed")} failed${notRun}`);
  process.exitCode = total("failed") === 0 ? 0 : 1;
}

main().catch((error: Error) => {
  console.error(error.message);
  console.log("0 passed, 1 failed");
  process.exitCode = 1;
});
