// SPDX-License-Identifier: Apache-2.0
import { setTimeout as sleep } from "node:timers/promises";
import { TransportError, TransportFailure } from "../../opennebula";
import type { ResourceCall } from "../resource";

/** Pauses between two looks, in seconds; they grow from the first to the second. */
export interface Pace {
  pollSeconds: number;
  pollMaxSeconds: number;
}

/** How long waits may take and how often they look. */
export interface Timing extends Pace {
  /** Replaces every kind's own limits and settle times, in seconds: for tests. */
  limit?: number;
}

export const PACE: Pace = { pollSeconds: 0.5, pollMaxSeconds: 5 };

/** Seconds that a wait may take: it ends before the engine does, so that the reason is told and the object kept in the state. */
export function budget(call: ResourceCall, otherwise: number): number {
  const { deadlineSeconds } = call.context;
  return deadlineSeconds > 0 ? Math.max(1, deadlineSeconds - Math.min(5, deadlineSeconds / 10)) : otherwise;
}

const PASSING = new Set([
  TransportFailure.Connect,
  TransportFailure.Reset,
  TransportFailure.Truncated,
  TransportFailure.Timeout,
]);

/** Looks until the answer is yes; false when the time is over. An oned that restarts meanwhile is waited for as well. */
export async function poll(
  call: ResourceCall,
  limits: { seconds: number; pace: Pace },
  look: () => Promise<boolean>,
): Promise<boolean> {
  const end = Date.now() + limits.seconds * 1000;
  let pause = limits.pace.pollSeconds * 1000;
  let broken: unknown;
  for (;;) {
    try {
      if (await look()) return true;
      broken = undefined;
    } catch (error) {
      if (!(error instanceof TransportError) || !PASSING.has(error.failure)) throw error;
      broken = error;
    }
    const left = end - Date.now();
    if (left <= 0) {
      if (broken !== undefined) throw broken as Error;
      return false;
    }
    await sleep(Math.min(pause, left), undefined, { signal: call.context.signal });
    pause = Math.min(pause * 1.5, limits.pace.pollMaxSeconds * 1000);
  }
}
