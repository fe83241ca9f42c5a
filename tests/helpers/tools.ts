// SPDX-License-Identifier: Apache-2.0
import { spawnSync } from "node:child_process";

/** Runs a real tool that judges a rendered file. Fails the test when the tool is missing: `npm test` installs it. */
export function judge(program: string, args: string[], input?: string): { status: number; output: string } {
  const { status, stdout, stderr, error } = spawnSync(program, args, { input, encoding: "utf8" });
  if (error) throw new Error(`${program} cannot be run: ${error.message}`);
  return { status: status ?? -1, output: `${stdout}${stderr}` };
}
