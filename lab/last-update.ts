// SPDX-License-Identifier: Apache-2.0
import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import * as path from "node:path";

import type { EngineResult } from "./engine";
import type { LabLayout } from "./hosts/layout";

/** What is remembered of the last `up` or `destroy`. */
export interface LastUpdate {
  /** Seconds since 1970. */
  startedAt: number;
  seconds: number;
  succeeded: boolean;
  same: number;
  created: number;
  updated: number;
  deleted: number;
}

function fileOf(layout: LabLayout): string {
  return path.join(layout.directory, "last-update.json");
}

/** Remembers how an `up` or `destroy` went. */
export function rememberUpdate(
  layout: LabLayout,
  startedAt: number,
  { summary, exitCode, seconds }: Pick<EngineResult, "summary" | "exitCode" | "seconds">,
): void {
  const last: LastUpdate = {
    startedAt,
    seconds,
    succeeded: exitCode === 0,
    same: summary.same,
    created: summary.create,
    updated: summary.update + summary.replace,
    deleted: summary.delete,
  };
  writeFileSync(`${fileOf(layout)}.new`, JSON.stringify(last, undefined, 2));
  renameSync(`${fileOf(layout)}.new`, fileOf(layout));
}

/** The last `up` or `destroy`, undefined before the first. */
export function lastUpdate(layout: LabLayout): LastUpdate | undefined {
  return existsSync(fileOf(layout)) ? (JSON.parse(readFileSync(fileOf(layout), "utf8")) as LastUpdate) : undefined;
}
