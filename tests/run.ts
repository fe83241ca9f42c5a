// SPDX-License-Identifier: Apache-2.0
// `npm test`: generated files, types, unit, conformance and package tests; then the lab, and lint beside it. Ends with the line `N passed, N failed`.
import { spawn } from "node:child_process";
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

/** How a command is run. */
interface Lane {
  /** Beside another one: gently, and what it says is printed in one piece at its end. */
  background: boolean;
}

/** Runs a command to its end. @returns its exit status. */
function command(words: string[], { background }: Lane): Promise<number | null> {
  const [program = "", ...args] = background ? ["nice", "-n", "10", ...words] : words;
  const child = spawn(program, args, { cwd: root, stdio: background ? ["ignore", "pipe", "pipe"] : "inherit" });
  const said: Buffer[] = [];
  for (const stream of [child.stdout, child.stderr]) stream?.on("data", (chunk: Buffer) => said.push(chunk));
  return new Promise((resolve, reject) => {
    child.once("error", reject).once("close", (status) => {
      process.stdout.write(Buffer.concat(said));
      resolve(status);
    });
  });
}

async function stage(title: string, words: string[], lane: Lane): Promise<Count> {
  const started = Date.now();
  const status = await command(words, lane);
  process.stdout.write(
    `== ${title}: ${status === 0 ? "ok" : "FAILED"}, ${Math.round((Date.now() - started) / 1000)} s\n`,
  );
  return { passed: status === 0 ? 1 : 0, failed: status === 0 ? 0 : 1, notRun: 0 };
}

interface Projects extends Lane {
  projects: string[];
  /** At most so many test files at once; 1: in this process. */
  workers: number;
}

/** Runs jest projects; a skipped test outside `e2e` and `soak` counts as a failure, so that none hides. */
async function jest({ projects, workers, ...lane }: Projects): Promise<Count> {
  const mayNotRun = projects.some((project) => project === "e2e" || project === "soak");
  const folder = mkdtempSync(join(tmpdir(), "opennebula-scaleway-test-"));
  const output = join(folder, "result.json");
  try {
    const many = workers === 1 ? ["--runInBand"] : [`--maxWorkers=${workers}`];
    const args = ["--no-install", "jest", ...many, "--json", `--outputFile=${output}`, "--selectProjects", ...projects];
    const status = await command(["npx", ...args], lane);
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

/** Need the whole machine: deadlines of their own, many processes. */
const alone = { projects: ["unit", "conformance", "package"], workers: 2, background: false };
/** Waits most of the time. */
const lab = { projects: ["e2e"], workers: 1, background: false };
const beside = { background: true };

async function everything(): Promise<Count[]> {
  const node = process.execPath;
  const foreground = { background: false };
  const stages = [
    await stage("generated files", [node, "--import", "tsx", "tools/generate.ts", "--check"], foreground),
    await stage("types", ["npx", "--no-install", "tsc", "--noEmit"], foreground),
  ];
  const parts = await jest(alone);
  const rest = async (): Promise<Count[]> => [
    await stage("lint", ["npx", "--no-install", "eslint", "."], beside),
    await stage("format", ["npx", "--no-install", "prettier", "--check", "--log-level", "warn", "."], beside),
    await stage(
      "import arrows",
      ["npx", "--no-install", "depcruise", "--config", ".dependency-cruiser.cjs", "."],
      beside,
    ),
  ];
  const [e2e, others] = await Promise.all([jest(lab), rest()]);
  return [...stages, parts, e2e, ...others];
}

async function main(): Promise<void> {
  await provideTools();
  const counts = soak ? [await jest({ projects: ["soak"], workers: 1, background: false })] : await everything();
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
