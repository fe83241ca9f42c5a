// SPDX-License-Identifier: Apache-2.0
/** Every recorded case of the real engine, run on this one. */
import { CaseRunner } from "./case-runner";
import { compareStep, divergedUrns } from "./compare";
import type { Known } from "./compare";
import { KNOWN_OPEN } from "./known-open";
import { ownIds, recordedIds } from "./normalise";
import { caseNames, readCase } from "./recording";

/** A case on a busy machine, in milliseconds. */
const LIMIT = 300_000;

/** What a case has different from its recording, by step. */
async function problemsOf(name: string): Promise<string[]> {
  const recording = readCase(name);
  const runner = await CaseRunner.create(recording);
  const known: Known = { recorded: recordedIds(), own: ownIds(), diverged: new Set() };
  const problems: string[] = [];
  try {
    for (const [i, step] of recording.steps.entries()) {
      const actual = await runner.run(step);
      const found = compareStep(step, actual, known);
      problems.push(...found.map((problem) => `step ${String(i + 1)} (${step.spec.command}): ${problem}`));
      known.diverged = divergedUrns(step, actual, known);
    }
  } finally {
    runner.remove();
  }
  return problems;
}

/** How long a case takes, roughly: its runs, of which those with policy packs start another process each, and its waits. */
function cost(name: string): number {
  const weights = readCase(name).steps.map(({ spec: { policyPacks = [], signal } }) => {
    return 1 + policyPacks.length + (signal ? 2 : 0);
  });
  return weights.reduce((sum, weight) => sum + weight, 0);
}

/** The longest first: what is begun last must not be what everything waits for. */
const names = caseNames().sort((a, b) => cost(b) - cost(a));

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
