// SPDX-License-Identifier: Apache-2.0
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import type { Deadline } from "./clock";

/** Runs work while nobody else works on the same flexible IP, in whatever process. */
export type WithLock = <T>(id: string, deadline: Deadline, work: () => Promise<T>) => Promise<T>;

/**
 * Locks that the kernel gives back, however the holder ends: flock(1) holds one while its child waits for the end of its standard
 * input, which is a pipe from this process.
 *
 * @param directory - one file for each id; must exist.
 */
export function fileLocks(directory: string): WithLock {
  return async (id, deadline, work) => {
    const wait = (deadline.left / 1000).toFixed(1);
    const holder = spawn(
      "flock",
      ["--exclusive", "--timeout", wait, join(directory, `${id}.lock`), "sh", "-c", "echo locked; cat >/dev/null"],
      { stdio: ["pipe", "pipe", "ignore"] },
    );
    holder.stdin.on("error", () => undefined);
    const ended = once(holder, "close").catch((error: Error) => [error]);
    const locked = once(holder.stdout, "data");
    const first = await Promise.race([locked, ended.then(([reason]) => ({ reason: reason as unknown }))]);
    if (!Array.isArray(first)) {
      const why = first.reason instanceof Error ? first.reason.message : `flock ended with ${String(first.reason)}`;
      throw new Error(`somebody else has been working on this address for ${wait} s (${why})`);
    }
    try {
      return await work();
    } finally {
      holder.stdin.end();
      await ended;
    }
  };
}
