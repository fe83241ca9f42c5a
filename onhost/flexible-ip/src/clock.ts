// SPDX-License-Identifier: Apache-2.0
import { setTimeout as sleep } from "node:timers/promises";

/** Time and chance, replaced in tests. */
export interface Clock {
  /** Milliseconds since 1970. */
  now(): number;
  sleep(milliseconds: number): Promise<void>;
  /** From 0 to 1. */
  random(): number;
}

export const realClock: Clock = {
  now: () => Date.now(),
  sleep: (milliseconds) => sleep(milliseconds),
  random: () => Math.random(),
};

/** The moment by which a whole piece of work must be done, however many calls and waits it takes. */
export class Deadline {
  private readonly end: number;

  constructor(
    readonly seconds: number,
    readonly clock: Clock,
  ) {
    this.end = clock.now() + seconds * 1000;
  }

  /** Milliseconds left; 0 when it is over. */
  get left(): number {
    return Math.max(0, this.end - this.clock.now());
  }

  /**
   * Waits, if there is time for it and for something afterwards.
   *
   * @returns false when there is not; nothing was waited then.
   */
  async pause(milliseconds: number): Promise<boolean> {
    if (milliseconds >= this.left) return false;
    await this.clock.sleep(milliseconds);
    return true;
  }

  /** The pause before attempt `attempt + 1`: doubles from `first` to `most` milliseconds, with jitter, so that hosts do not march in step. */
  backoff(attempt: number, { first, most }: { first: number; most: number }): Promise<boolean> {
    return this.pause(Math.min(first * 2 ** (attempt - 1), most) * (0.5 + this.clock.random() / 2));
  }
}
