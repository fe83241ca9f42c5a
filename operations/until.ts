// SPDX-License-Identifier: Apache-2.0
import { setTimeout as sleep } from "node:timers/promises";

export interface Patience {
  /** What is waited for, for the error: "VM 12 is backed up". */
  what: string;
  /** Until it must be so. */
  seconds: number;
  /** Milliseconds between two questions. @default 500 */
  every?: number;
  /** Ends the waiting at once. */
  signal?: AbortSignal;
}

/**
 * Asks until there is an answer.
 *
 * @param ask - undefined or false: not yet. An error of it ends the waiting.
 * @throws Error when the time is over, or the signal's reason.
 */
export async function until<T>(
  ask: () => Promise<T>,
  { what, seconds, every = 500, signal }: Patience,
): Promise<Exclude<T, undefined | false>> {
  const deadline = Date.now() + seconds * 1000;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined && answer !== false) return answer as Exclude<T, undefined | false>;
    if (Date.now() > deadline) throw new Error(`not after ${seconds} s: ${what}`);
    await sleep(every, undefined, { signal });
  }
}
