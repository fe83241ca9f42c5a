// SPDX-License-Identifier: Apache-2.0
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { resolve } from "node:path";

const FOLDER = resolve(__dirname, "../../onhost/flexible-ip");

/**
 * The driver as one file. The npm package has it ready made; in a checkout it is put together from its sources, so that it is
 * never older than they are.
 */
export function driverProgram(): string {
  const built = resolve(FOLDER, "flexible-ip.cjs");
  if (existsSync(built)) return readFileSync(built, "utf8");
  return execFileSync(process.execPath, [resolve(FOLDER, "bundle.mjs")], { encoding: "utf8", timeout: 60_000 });
}
