// SPDX-License-Identifier: Apache-2.0
import { linkSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import * as path from "node:path";

import type { LabLayout } from "./hosts/layout";
import { runningPid, startTimeOf } from "./hosts/processes";

/**
 * Lets one run at a time change a lab. A run that was killed leaves a lock that counts for nothing.
 *
 * @returns what lets go of the lock
 * @throws Error that names the process that has it
 */
export function lockLab(layout: LabLayout): () => void {
  mkdirSync(layout.runDirectory, { recursive: true });
  const file = path.join(layout.runDirectory, "lock.pid");
  const mine = `${file}.${process.pid}`;
  writeFileSync(mine, JSON.stringify({ pid: process.pid, started: startTimeOf(process.pid) }));
  try {
    for (;;) {
      try {
        // Unlike a rename, a link fails where the name is taken.
        linkSync(mine, file);
        return () => rmSync(file, { force: true });
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
        const holder = runningPid(file);
        if (holder !== undefined) {
          throw new Error(
            `lab ${layout.name} is being worked on by process ${holder}: wait for it, or end it and run this again`,
          );
        }
        rmSync(file, { force: true });
      }
    }
  } finally {
    rmSync(mine, { force: true });
  }
}
