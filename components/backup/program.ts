// SPDX-License-Identifier: Apache-2.0
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { resolve } from "node:path";

const FOLDER = resolve(__dirname, "../../onhost/backup");

/** The backup program as one file: ready made in the npm package, put together from its sources in a checkout. */
export function backupProgram(): string {
  const built = resolve(FOLDER, "backup.cjs");
  if (existsSync(built)) return readFileSync(built, "utf8");
  return execFileSync(process.execPath, [resolve(FOLDER, "bundle.mjs")], { encoding: "utf8", timeout: 60_000 });
}
