// SPDX-License-Identifier: Apache-2.0
import { setTimeout as delay } from "node:timers/promises";

/**
 * Sleeps between polls and retries. The intervals are the real provider's, times `SCW_LAB_POLL_SCALE` (default 1): a lab whose
 * emulator answers within milliseconds need not wait seconds. Deadlines are not scaled: a host boots as slowly as it boots.
 */
export class Clock {
  constructor(private readonly scale: number) {}

  /** @throws when `SCW_LAB_POLL_SCALE` is no number of 0 or more. */
  static fromEnvironment(environment: NodeJS.ProcessEnv): Clock {
    const given = environment.SCW_LAB_POLL_SCALE ?? "1";
    const scale = Number(given);
    if (given.trim() === "" || !Number.isFinite(scale) || scale < 0) {
      throw new Error(`SCW_LAB_POLL_SCALE: expected a number >= 0, got ${JSON.stringify(given)}`);
    }
    return new Clock(scale);
  }

  async sleep(seconds: number, signal?: AbortSignal): Promise<void> {
    await delay(seconds * this.scale * 1000, undefined, signal ? { signal } : {});
  }
}

export interface Wait<T> {
  /** Named in the error of a missed deadline: `the installation`. */
  what: string;
  /** Put in front of an error of the poll, where the real provider does so. */
  errorPrefix?: string;
  intervalSeconds: number;
  deadlineSeconds: number;
  poll: () => Promise<T>;
  done: (answer: T) => boolean;
}

/** Polls first and sleeps after, as the real provider does: what is ready at once costs one call. */
export async function waitFor<T>(clock: Clock, wait: Wait<T>, signal?: AbortSignal): Promise<T> {
  const deadline = Date.now() + wait.deadlineSeconds * 1000;
  for (;;) {
    let answer: T;
    try {
      answer = await wait.poll();
    } catch (error) {
      if (error instanceof Error && wait.errorPrefix) error.message = wait.errorPrefix + error.message;
      throw error;
    }
    if (wait.done(answer)) return answer;
    if (Date.now() >= deadline) {
      throw new Error(
        `scaleway-sdk-go: waiting for ${wait.what} failed: timeout after ${String(wait.deadlineSeconds)} s`,
      );
    }
    await unlessCancelled(clock.sleep(wait.intervalSeconds, signal), signal, `waiting for ${wait.what}`);
  }
}

/** @throws what was given up, when the engine cancels or the resource's own deadline passes before the work is done. */
export async function unlessCancelled<T>(work: Promise<T>, signal: AbortSignal | undefined, what: string): Promise<T> {
  if (signal === undefined) return work;
  let stop = (): void => undefined;
  const cancelled = new Promise<never>((_resolve, reject) => {
    stop = () => {
      reject(new Error(`${what}: given up, the run was cancelled or the resource's time is over`));
    };
    signal.addEventListener("abort", stop, { once: true });
    if (signal.aborted) stop();
  });
  try {
    return await Promise.race([work, cancelled]);
  } finally {
    signal.removeEventListener("abort", stop);
    // A loser of the race may still fail; nobody is left to hear it.
    work.catch(() => undefined);
    cancelled.catch(() => undefined);
  }
}
