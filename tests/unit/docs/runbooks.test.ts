// SPDX-License-Identifier: Apache-2.0
import { blockProblems, labCommands, runbooks } from "../../helpers/runbook";

test.each(runbooks())("every block of commands in $name is run on the lab or says why it cannot be", ({ markdown }) => {
  expect(blockProblems(markdown)).toEqual([]);
});

test("most of them have commands for the lab", () => {
  const used = runbooks().filter(({ markdown }) => labCommands(markdown).length > 0);
  expect(used.map(({ name }) => name)).toEqual(
    expect.arrayContaining(["backups.md", "emergency.md", "hosts.md", "networks.md", "troubleshooting.md", "vms.md"]),
  );
});

test("a block without either, and one that the runner cannot run, are refused", () => {
  expect(blockProblems("# A\n\n```sh\nls\n```\n")).toEqual([expect.stringContaining("line 3")]);
  expect(blockProblems('```sh not-run=""\nls\n```\n')).toHaveLength(1);
  expect(blockProblems('```json\n{}\n```\n\n```sh not-run="prints secrets"\nls\n```\n')).toEqual([]);
  expect(() => labCommands("```sh lab\nls | wc\n```\n")).toThrow(/line 1: a block for the lab/);
  expect(labCommands("```sh lab\nnpm run -s lab -- status --json\n```\n")).toEqual([["status", "--json"]]);
});
