// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from "node:fs";
import { resolve } from "node:path";

/** The program of the hosts that counts records and removes old ones. */
export function logsProgram(): string {
  return readFileSync(resolve(__dirname, "../../onhost/logs/logs.py"), "utf8");
}
