// SPDX-License-Identifier: Apache-2.0
import { spawnSync } from "node:child_process";
import { Command } from "commander";
import { completionScript } from "../../../operations/commands/completion";

const root = new Command("cloud");
root.command("backup").option("--json").command("run").option("-k, --kind <kind>");
root.command("restore <kind>").option("--dry-run");

/** What bash offers for the last word, after it has read the script. */
function offered(...words: string[]): string[] {
  const script = `${completionScript("cloud", root)}
COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _cloud; printf '%s\\n' "\${COMPREPLY[@]}"`;
  const { stdout, stderr, status } = spawnSync("bash", ["-euc", script, "bash", "cloud", ...words], {
    encoding: "utf8",
  });
  expect([status, stderr]).toEqual([0, ""]);
  return stdout.split("\n").filter((word) => word !== "");
}

it.each([
  [[""], ["backup", "restore", "--help"]],
  [["ba"], ["backup"]],
  [
    ["backup", "--"],
    ["--json", "--help"],
  ],
  [
    ["backup", "--json", "run", "--"],
    ["--kind", "--help"],
  ],
  [["restore", "database", "--d"], ["--dry-run"]],
])("after %j bash offers %j", (words, expected) => {
  expect(offered(...words)).toEqual(expected);
});
