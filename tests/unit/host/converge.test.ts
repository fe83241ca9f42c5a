// SPDX-License-Identifier: Apache-2.0
import { spawnSync } from "node:child_process";
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { applyCommands } from "../../../components/host/converge";

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "converge-"));
  // In the place of sudo, and so of the converger: notes what it is asked, and ends as the test says.
  writeFileSync(
    join(folder, "sudo"),
    `#!/bin/sh
for word; do last="$before $word"; before="$word"; done
case "$last" in *" apply") echo apply >>"$ASKED"; echo '{"answer": "of apply"}'; exit "$APPLY" ;; esac
echo "$last" >>"$ASKED"; echo '{"answer": "of undo"}'; exit "$UNDO"
`,
  );
  chmodSync(join(folder, "sudo"), 0o755);
});
afterAll(() => rmSync(folder, { recursive: true }));

function run(line: string, apply: number, undo = 0): { status: number | null; stdout: string; asked: string[] } {
  const asked = join(folder, "asked");
  writeFileSync(asked, "");
  const env = { PATH: `${folder}:/usr/bin:/bin`, HOME: folder, ASKED: asked, APPLY: String(apply), UNDO: String(undo) };
  const { status, stdout } = spawnSync("/bin/sh", ["-c", line], { env, encoding: "utf8" });
  return { status, stdout, asked: readFileSync(asked, "utf8").trim().split("\n") };
}

const ANSWER = '{"answer": "of apply"}\n';
const required = applyCommands({ layer: "x", detached: { optional: false } });
const optional = applyCommands({ layer: "x", detached: { optional: true } });
const ordinary = applyCommands({ layer: "x" });

interface Case {
  title: string;
  line: string;
  /** Exit status of the converger. */
  apply: number;
  undo?: number;
  status: number;
  asked: string[];
}

const cases: Case[] = [
  { title: "an ordinary layer that fails stays", line: ordinary.create, apply: 1, status: 1, asked: ["apply"] },
  { title: "a detached one that holds is left alone", line: required.create, apply: 0, status: 0, asked: ["apply"] },
  {
    title: "a required one that fails at first is taken away and fails the run",
    line: required.create,
    apply: 1,
    status: 1,
    asked: ["apply", "undo x"],
  },
  { title: "a required one that fails later stays", line: required.update, apply: 1, status: 1, asked: ["apply"] },
  {
    title: "an optional one that fails at first is taken away",
    line: optional.create,
    apply: 1,
    status: 0,
    asked: ["apply", "undo x"],
  },
  {
    title: "an optional one that cannot be taken away fails the run",
    line: optional.create,
    apply: 1,
    undo: 1,
    status: 1,
    asked: ["apply", "undo x"],
  },
  { title: "an optional one that fails later stays", line: optional.update, apply: 1, status: 0, asked: ["apply"] },
  { title: "a wrong use is nobody's option", line: optional.update, apply: 2, status: 1, asked: ["apply"] },
];

test.each(cases)("$title", ({ line, apply, undo, status, asked }) => {
  expect(run(line, apply, undo)).toEqual({ status, stdout: ANSWER, asked });
});
