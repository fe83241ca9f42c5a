// SPDX-License-Identifier: Apache-2.0
// `npm run test:parity [case...]`: every recorded case, run by this repository's engine and by the Pulumi command line on PATH; prints
// what they have different. Without that command line nothing is run, and nothing counts as passed.
import { spawnSync } from "node:child_process";
import type { EngineEvent, ResourceState } from "../lab/engine";
import { embedded, pulumiCli } from "./conformance/engine/case-engine";
import { CaseRunner } from "./conformance/engine/case-runner";
import type { Actual } from "./conformance/engine/case-runner";
import { compareStep, divergedUrns } from "./conformance/engine/compare";
import type { Known } from "./conformance/engine/compare";
import { ownIds } from "./conformance/engine/normalise";
import { caseNames, readCase } from "./conformance/engine/recording";
import type { StepRecording } from "./conformance/engine/recording";
import { withPlaceholders } from "./conformance/engine/normalise";

/** What recordings leave out: where in the program a resource was registered, and what only the CLI warns of. */
function withoutPlaces(resources: ResourceState[]): ResourceState[] {
  return resources.map((state) => ({ ...state, sourcePosition: undefined, stackTrace: undefined }));
}

const isCliNotice = (event: EngineEvent): boolean =>
  event.event === "diagnostic" && /^using pulumi-resource-\S+ from \$PATH/.test(event.message);

/** A run of the command line in the form of a recording. */
function asRecording(step: StepRecording, cli: Actual): StepRecording {
  const known = withPlaceholders(cli, cli.project);
  const events = known.events.filter((event) => !isCliNotice(event));
  const summary = events.find((event) => event.event === "summary");
  const { deployment } = known.state;
  return {
    ...step,
    expected: {
      exitCode: cli.exitCode,
      events,
      summary: summary?.event === "summary" ? summary : {},
      outputs: known.outputs,
      outputsWithSecrets: known.outputsWithSecrets,
    },
    state: { deployment: { ...deployment, resources: withoutPlaces(deployment.resources ?? []) } },
    calls: known.calls,
  };
}

/** What the two have different in a case. */
async function differencesOf(name: string): Promise<string[]> {
  const recording = readCase(name);
  const own = await CaseRunner.create(recording, embedded);
  const cli = await CaseRunner.create(recording, pulumiCli);
  const known: Known = { recorded: ownIds(), own: ownIds(), diverged: new Set() };
  const found: string[] = [];
  try {
    for (const [i, step] of recording.steps.entries()) {
      const [ours, theirs] = [await own.run(step), await cli.run(step)];
      const recorded = asRecording(step, theirs);
      const problems = compareStep(recorded, ours, known);
      known.diverged = divergedUrns(recorded, ours, known);
      found.push(...problems.map((problem) => `step ${i + 1} (${step.spec.command}): ${problem}`));
    }
  } finally {
    own.remove();
    cli.remove();
  }
  return found;
}

async function main(): Promise<void> {
  const asked = process.argv.slice(2);
  const names = caseNames().filter((name) => asked.length === 0 || asked.includes(name));
  const { error, status, stdout } = spawnSync("pulumi", ["version"], { encoding: "utf8" });
  if (error !== undefined || status !== 0) {
    console.log(
      "There is no `pulumi` on PATH: the two engines cannot be compared here (https://www.pulumi.com/docs/install).",
    );
    console.log(`0 passed, 0 failed, ${names.length} not run (needs the Pulumi CLI)`);
    process.exitCode = 1;
    return;
  }
  console.log(`Pulumi ${stdout.trim()} against the embedded engine`);
  let failed = 0;
  for (const name of names) {
    const differences = await differencesOf(name);
    if (differences.length > 0) failed++;
    console.log(`${differences.length === 0 ? "same     " : "DIFFERENT"} ${name}`);
    for (const difference of differences) console.log(`  ${difference}`);
  }
  console.log(`${names.length - failed} passed, ${failed} failed`);
  process.exitCode = failed === 0 ? 0 : 1;
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  console.log("0 passed, 1 failed");
  process.exitCode = 1;
});
