// SPDX-License-Identifier: Apache-2.0
import { pause } from "../../lab/hosts/run";

export interface Patience {
  /** What is waited for, for the error: "the VM is off". A function is asked when the time is over. @default what `ask` says */
  what?: string | (() => string);
  /** @default 60 */
  seconds?: number;
  /** Milliseconds between two questions. @default 250 */
  every?: number;
}

/**
 * Asks until there is an answer; the one place where tests wait for what happens by itself.
 *
 * @param ask - undefined or false: not yet. An error of it ends the waiting.
 * @throws Error when the time is over.
 */
export async function eventually<T>(
  ask: () => T | Promise<T>,
  { what = ask.toString(), seconds = 60, every = 250 }: Patience = {},
): Promise<Exclude<T, undefined | false>> {
  const deadline = Date.now() + seconds * 1000;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined && answer !== false) return answer as Exclude<T, undefined | false>;
    if (Date.now() > deadline) throw new Error(`not after ${seconds} s: ${typeof what === "string" ? what : what()}`);
    await pause(every);
  }
}
