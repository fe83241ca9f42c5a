// SPDX-License-Identifier: Apache-2.0
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { resolve } from "node:path";

const ONHOST = resolve(__dirname, "../../onhost");

/**
 * A program of `onhost/` as one file. The npm package has it ready made; in a checkout it is put together from its sources, so that
 * it is never older than they are.
 *
 * @param program - its folder.
 * @param file - its name.
 */
export function bundledProgram(program: string, file: string): string {
  const built = resolve(ONHOST, program, file);
  if (existsSync(built)) return readFileSync(built, "utf8");
  const argv = [resolve(ONHOST, "bundle.mjs"), program];
  return execFileSync(process.execPath, argv, { encoding: "utf8", timeout: 60_000, maxBuffer: 64 * 1024 * 1024 });
}
