// SPDX-License-Identifier: Apache-2.0
// The emulator, asked what the real provider asked: code and shape of each answer against the recorded one.
import { execFileSync } from "node:child_process";
import { join, resolve } from "node:path";
import { exceptions } from "./exceptions";
import { recordingsFolder } from "./recordings";
import type { Comparison } from "./replay";
import type { ResourceReplays } from "./score";

const root = resolve(__dirname, "../../..");
// In a process of its own, before the tests are collected: their titles tell the result.
const results = JSON.parse(
  execFileSync(process.execPath, ["--import", "tsx", join(__dirname, "score.ts"), recordingsFolder()], {
    cwd: root,
    encoding: "utf8",
    maxBuffer: 256 * 1024 * 1024,
    timeout: 300_000,
  }),
) as ResourceReplays[];

const numberOf = (call: string): number => Number(call.split(" ")[1]);
const isListed = (scenario: string, { call }: Comparison): boolean =>
  exceptions.some((exception) => exception.scenario === scenario && exception.calls.includes(numberOf(call)));
const productOf = (resource: string): string => resource.split(".")[0] ?? resource;
const differs = ({ differences }: Comparison): boolean => differences.length > 0;

const products = [...new Set(results.map(({ resource }) => productOf(resource)))];

describe.each(products)("%s", (product) => {
  const replays = results.filter(({ resource }) => productOf(resource) === product).flatMap((result) => result.replays);
  const all = replays.flatMap(({ scenario, comparisons }) =>
    comparisons.map((comparison) => ({ scenario, comparison })),
  );
  const equal = all.filter(({ comparison }) => !differs(comparison)).length;
  const leftOut = replays.reduce((sum, replay) => sum + replay.leftOut, 0);
  const listed = all.filter(({ scenario, comparison }) => isListed(scenario, comparison));
  const note = [
    ...(listed.length > 0 ? [`${listed.length} differ for a listed reason`] : []),
    ...(leftOut > 0 ? [`${leftOut} after a change by hand are not compared`] : []),
  ].join(", ");

  test(`${product}: ${equal} of ${all.length} answers have the recorded code and shape${note && ` (${note})`}`, () => {
    expect(all.length).toBeGreaterThan(0);
    const unexpected = all.filter(({ scenario, comparison }) => differs(comparison) && !isListed(scenario, comparison));
    expect(unexpected.map(({ comparison }) => comparison)).toEqual([]);
  });
});

test("each listed exception is a recorded answer that the emulator still gives differently", () => {
  const replays = results.flatMap((result) => result.replays);
  const stale = exceptions.flatMap(({ scenario, calls }) =>
    calls
      .filter((number) => {
        const replay = replays.find((candidate) => candidate.scenario === scenario);
        const comparison = replay?.comparisons.find(({ call }) => numberOf(call) === number);
        return comparison === undefined || !differs(comparison);
      })
      .map((number) => `${scenario} ${number}`),
  );
  expect(stale).toEqual([]);
});
