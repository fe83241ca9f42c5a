// SPDX-License-Identifier: Apache-2.0
/** What processes of the SDK load before anything else. */
import { join } from "node:path";

function requires(files: readonly string[]): string[] {
  return files.flatMap((file) => ["--require", join(__dirname, file)]);
}

/** Flags for a process that runs the SDK. */
export const SDK_PRELOADS = requires(["lazy-modules.cjs"]);

/** Flags for one that runs the program. */
export const PROGRAM_PRELOADS = requires([
  "lazy-modules.cjs",
  "inspect-guard.cjs",
  "promise-traces.cjs",
  "source-positions.cjs",
]);
