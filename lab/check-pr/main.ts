// SPDX-License-Identifier: Apache-2.0
// `npm run check:pr [-- --project ../change] [--base origin/main] [--stack prod] [--out check-pr]`: what a pull request must pass. The
// checkout that this runs from judges: its policies, engine and plugins. CI runs it from the base branch, on a checkout of the change.
import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { Command } from "commander";
import { policies } from "../../policies/policies";
import { checkout } from "../hosts/layout";
import { previewStack } from "./preview";
import { json, markdown, passed, sarif, type Preview, type Report, type Step } from "./report";

/** The rules are this checkout's; where prettier looks away it reads from the change, which is why reviewers are told. */
const STEPS: Record<string, string[]> = {
  types: ["tsc", "--noEmit"],
  lint: ["eslint", "--no-config-lookup", "--config", join(checkout, "eslint.config.mjs"), "."],
  format: [
    ...["prettier", "--check", "--log-level", "warn", "--no-editorconfig"],
    ...["--config", join(checkout, ".prettierrc.json"), "."],
  ],
};

/** Lines of a failed check that the report shows. */
const LAST_LINES = 60;

/** What decides how a change is judged: whoever changes it is not judged by it, and reviewers are told. */
const JUDGES = [
  ...["policies", "catalogue", "lab/check-pr", "lab/engine", "lab/engines", "lab/plugins"],
  ...[".github", ".gitlab-ci.yml", "tools/merge-requests.ts", "tools/post-checks.ts"],
  ...["eslint.config.mjs", ".prettierrc.json", ".prettierignore", "tsconfig.json", "package.json", "package-lock.json"],
];

interface Options {
  project: string;
  base?: string;
  stack: string[];
  out: string;
  policyConfig?: string;
  /** Commander's form of `--no-steps`. */
  steps: boolean;
}

function step(project: string, name: string, command: string[]): Step {
  const { status, stdout, stderr } = spawnSync("npx", ["--no-install", ...command], {
    cwd: project,
    encoding: "utf8",
  });
  return { name, succeeded: status === 0, output: `${stdout}${stderr}`.split("\n").slice(-LAST_LINES).join("\n") };
}

/** A stack file as it was; undefined where there was none. */
function fileAt(project: string, base: string, file: string): string | undefined {
  const { status, stdout } = spawnSync("git", ["show", `${base}:${file}`], { cwd: project, encoding: "utf8" });
  return status === 0 ? stdout : undefined;
}

/** Files of {@link JUDGES} that the change touches. */
function changedJudges(project: string, base: string): string[] {
  const words = ["diff", "--name-only", "--merge-base", base, "--", ...JUDGES];
  const { status, stdout, stderr } = spawnSync("git", words, { cwd: project, encoding: "utf8" });
  if (status !== 0) throw new Error(`git diff with ${base}: ${stderr.trim()}`);
  return stdout.split("\n").filter((file) => file !== "");
}

async function check(options: Options): Promise<Report> {
  const { base } = options;
  const project = resolve(options.project);
  const steps = options.steps ? Object.entries(STEPS).map(([name, command]) => step(project, name, command)) : [];
  const previews: Preview[] = [];
  const before: Preview[] = [];
  for (const stack of options.stack) {
    const file = `Pulumi.${stack}.yaml`;
    const stackFile = readFileSync(join(project, file), "utf8");
    const request = { projectDir: project, judge: checkout, stack, policyConfig: options.policyConfig };
    previews.push(await previewStack({ ...request, stackFile }));
    const old = base === undefined ? undefined : fileAt(project, base, file);
    if (old !== undefined) before.push(await previewStack({ ...request, stackFile: old }));
  }
  return { steps, previews, before, judges: base === undefined ? [] : changedJudges(project, base) };
}

async function main(options: Options): Promise<void> {
  const report = await check(options);
  const out = resolve(options.out);
  mkdirSync(out, { recursive: true });
  const text = markdown(report);
  writeFileSync(join(out, "summary.md"), text);
  writeFileSync(join(out, "policies.json"), json(report));
  writeFileSync(join(out, "policies.sarif"), sarif(report, policies));
  process.stdout.write(text);
  process.exitCode = passed(report) ? 0 : 1;
}

const list = (value: string, previous: string[]): string[] => [...previous.filter((one) => one !== "prod"), value];

const program = new Command("check:pr")
  .description(
    "Types, lint, preview and policies of the stacks, as Markdown, JSON and SARIF. Needs no account and no passphrase.",
  )
  .option("--project <folder>", "the checkout that is judged, by the policies of this one", checkout)
  .option("--stack <name>", "a stack to preview (repeatable)", list, ["prod"])
  .option("--base <commit>", "compare with the stack files of this commit")
  .option("--policy-config <file>", "levels and thresholds of policies, as JSON")
  .option("--out <folder>", "where summary.md, policies.json and policies.sarif go", ".check-pr")
  .option("--no-steps", "preview and policies only")
  .parse();

main(program.opts<Options>()).catch((error: unknown) => {
  console.error(`check:pr: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 2;
});
