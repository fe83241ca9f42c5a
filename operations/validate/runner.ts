// SPDX-License-Identifier: Apache-2.0
import { setMaxListeners } from "node:events";
import { Limiter } from "../../opennebula";
import type { Check, CheckContext, CheckResult, Impact, Outcome } from "./check";

/** Gentle first: what only reads is not disturbed by what puts load on the cloud. */
const PHASES: readonly Impact[] = ["read", "load", "disrupt"];

export interface RunOptions {
  checks: readonly Check[];
  /** Without the signal, which each check has of its own. */
  context: Omit<CheckContext, "signal">;
  /** Checks at once. @default 6 */
  concurrency?: number;
  onStart?: (check: Check) => void;
  onResult?: (result: CheckResult) => void;
}

/**
 * Runs checks side by side, each with its own deadline. A check that throws or takes too long is an `error` of its own.
 *
 * @returns results in the order of the checks.
 */
export async function runChecks(options: RunOptions): Promise<CheckResult[]> {
  const { checks, context, concurrency = 6, onStart, onResult } = options;
  const results = new Map<string, CheckResult>();
  const one = async (check: Check): Promise<void> => {
    onStart?.(check);
    const result = await runCheck(check, context);
    results.set(check.id, result);
    onResult?.(result);
  };
  const never = new AbortController().signal;
  // Each check that waits for its turn listens.
  setMaxListeners(0, never);
  for (const phase of PHASES) {
    const limiter = new Limiter(concurrency);
    const chains = new Map<string, Promise<void>>();
    const work = checks
      .filter(({ impact = "read" }) => impact === phase)
      .map((check) => {
        if (check.exclusive === undefined) return limiter.run(() => one(check), never);
        const turn = (chains.get(check.exclusive) ?? Promise.resolve()).then(() => one(check));
        chains.set(check.exclusive, turn);
        return turn;
      });
    await Promise.all(work);
  }
  return checks.map(({ id }) => results.get(id)!);
}

async function runCheck(check: Check, context: Omit<CheckContext, "signal">): Promise<CheckResult> {
  const { id, title, area, severity, seconds, cure } = check;
  const started = performance.now();
  const finish = ({
    verdict,
    ...outcome
  }: Outcome | (Omit<Outcome, "verdict"> & { verdict: "error" })): CheckResult => ({
    id,
    title,
    area,
    severity,
    verdict,
    ...outcome,
    seconds: Math.round(performance.now() - started) / 1000,
    ...(verdict === "fail" || verdict === "error" ? { cure } : {}),
  });
  const deadline = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      const error = new Error(`not done after ${seconds} s`);
      deadline.abort(error);
      reject(error);
    }, seconds * 1000);
  });
  try {
    return finish(await Promise.race([check.run({ ...context, signal: deadline.signal }), late]));
  } catch (error) {
    return finish({ verdict: "error", evidence: [error instanceof Error ? error.message : String(error)] });
  } finally {
    clearTimeout(timer);
  }
}
