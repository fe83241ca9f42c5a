// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { blockProblems, labCommands } from "../../helpers/runbook";

const runbook = readFileSync(join(__dirname, "../../../docs/operations/backups.md"), "utf8");

test("every block of commands in the runbook is run on the lab or says why it cannot be", () => {
  expect(blockProblems(runbook)).toEqual([]);
  expect(labCommands(runbook).length).toBeGreaterThan(5);
});

test("a block without either, and one that the runner cannot run, are refused", () => {
  expect(blockProblems("# A\n\n```sh\nls\n```\n")).toEqual([expect.stringContaining("line 3")]);
  expect(blockProblems('```sh not-run=""\nls\n```\n')).toHaveLength(1);
  expect(blockProblems('```json\n{}\n```\n\n```sh not-run="prints secrets"\nls\n```\n')).toEqual([]);
  expect(() => labCommands("```sh lab\nls | wc\n```\n")).toThrow(/line 1: a block for the lab/);
  expect(labCommands("```sh lab\nnpm run -s lab -- status --json\n```\n")).toEqual([["status", "--json"]]);
});
