// SPDX-License-Identifier: Apache-2.0
/** Every recorded case of the real engine, run on this one. */
import { CaseRunner } from "./case-runner";
import { compareStep, wentOtherWay } from "./compare";
import { KNOWN_OPEN } from "./known-open";
import { ownIds, recordedIds } from "./normalise";
import { caseNames, readCase } from "./recording";

/** A case on a busy machine, in milliseconds. */
const LIMIT = 300_000;

/** How often a case is run again because a race in it went another way than in the recording. */
const RETRIES = 5;

interface Outcome {
  problems: string[];
  otherWay: boolean;
}

/** What a case has different from its recording, by step. */
async function runOnce(name: string): Promise<Outcome> {
  const recording = readCase(name);
  const runner = await CaseRunner.create(recording);
  const ids = { recorded: recordedIds(), own: ownIds() };
  const outcome: Outcome = { problems: [], otherWay: false };
  try {
    for (const [i, step] of recording.steps.entries()) {
      const actual = await runner.run(step);
      outcome.otherWay ||= wentOtherWay(step, actual);
      const found = compareStep(step, actual, ids);
      outcome.problems.push(...found.map((problem) => `step ${String(i + 1)} (${step.spec.command}): ${problem}`));
    }
  } finally {
    runner.remove();
  }
  return outcome;
}

async function problemsOf(name: string): Promise<string[]> {
  let outcome = await runOnce(name);
  for (let i = 0; i < RETRIES && outcome.otherWay && outcome.problems.length > 0; i += 1) outcome = await runOnce(name);
  return outcome.problems;
}

const names = caseNames();

test("there are cases", () => {
  expect(names.length).toBeGreaterThan(0);
  // A name that no case has any more hides nothing, but it misleads.
  expect(Object.keys(KNOWN_OPEN).filter((name) => !names.includes(name))).toEqual([]);
});

describe("recorded cases", () => {
  const passing = names.filter((name) => !(name in KNOWN_OPEN));
  test.concurrent.each(passing)("%s", async (name) => expect(await problemsOf(name)).toEqual([]), LIMIT);
});

const open = Object.entries(KNOWN_OPEN).filter(([name]) => names.includes(name));
if (open.length > 0) {
  describe("recorded cases that are known to differ", () => {
    test.concurrent.each(open)("%s: %s", async (name) => expect(await problemsOf(name)).not.toEqual([]), LIMIT);
  });
}
