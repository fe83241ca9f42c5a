// SPDX-License-Identifier: Apache-2.0

import type { OnedConfig } from "./config";
import type { Drivers } from "./drivers";
import type { Log } from "./log";
import type { State } from "./state";

/** What work outside of calls has at hand. */
export interface Work {
  state: State;
  config: OnedConfig;
  drivers: Drivers;
  datastoreLocation: string;
  log: Log;
  /** Seconds since the epoch. */
  now: () => number;
}

/** One step of a driver. Its outcome is applied to the state alone, and stored, before anything else sees it. */
export interface Task {
  /** Steps of one key run one after the other, e.g. `vm/3`. */
  key: string;
  /** After these seconds the step has failed, whatever the driver does. */
  seconds: number;
  run: (signal: AbortSignal) => Promise<unknown>;
  done: (result: never) => void;
  failed: (message: string) => void;
}

/** Finds the steps that objects wait for; everything that it needs is in the state, so that a restart goes on. */
export type Source = (work: Work) => Task[];
/** Changes the state without a driver, e.g. places a VM; true when it changed something. */
export type Rule = (work: Work) => boolean;

export interface BackgroundOptions {
  work: Work;
  sources: Source[];
  rules: Rule[];
  /** Places waiting VMs: the one rule that a caller of `settle` may leave out. */
  place: Rule;
  /** Runs a change of the state alone and stores it. */
  apply: (change: () => void) => Promise<void>;
  /** Seconds between two rounds when nothing happens; 0 works only when `settle` is called. */
  interval: number;
}

/** Waits after a change that could not be stored, before it is tried again. */
const STORE_RETRY_MS = 1000;

/** Runs drivers' steps until there is nothing to do, and begins again when a call has changed something. */
export class Background {
  private readonly running = new Map<string, Promise<void>>();
  private loop: Promise<void> | undefined;
  private again = false;
  private placing = true;
  /** Ends the wait for steps in progress, so that a long one does not keep others from being begun. */
  private wake: () => void = () => undefined;
  private timer: NodeJS.Timeout | undefined;
  private readonly stop = new AbortController();

  constructor(private readonly options: BackgroundOptions) {}

  start(): void {
    const { interval } = this.options;
    if (interval <= 0) return;
    this.timer = setInterval(() => this.kick(), interval * 1000);
    this.kick();
  }

  /** Looks for work soon. */
  kick(): void {
    if (this.options.interval > 0) void this.settle();
  }

  /** Resolves when no step is left. Without `place`, VMs that wait for a host go on waiting. */
  settle({ place = true }: { place?: boolean } = {}): Promise<void> {
    this.again = true;
    this.placing = place;
    this.wake();
    this.loop ??= this.work();
    return this.loop;
  }

  /** Ends; steps in progress are left to be done again by the next start. */
  async close(): Promise<void> {
    clearInterval(this.timer);
    this.stop.abort();
    this.wake();
    await this.loop;
  }

  private async work(): Promise<void> {
    // The first turn comes after `loop` is set.
    await Promise.resolve();
    while (!this.stop.signal.aborted) {
      this.again = false;
      const { rules, place, work, sources } = this.options;
      const stored = await this.apply(() => {
        for (const rule of this.placing ? [...rules, place] : rules) this.again = rule(work) || this.again;
      });
      if (stored) {
        for (const task of sources.flatMap((source) => source(work))) if (!this.running.has(task.key)) this.begin(task);
      }
      if (this.running.size > 0) await this.progress();
      else if (!this.again) break;
    }
    this.loop = undefined;
  }

  /** Waits until a step has ended or something else is to be done. */
  private async progress(): Promise<void> {
    const woken = new Promise<void>((resolve) => (this.wake = resolve));
    if (!this.again) await Promise.race([...this.running.values(), woken]);
    else await Promise.race([Promise.resolve(), woken]);
    this.wake = () => undefined;
  }

  private begin(task: Task): void {
    const run = this.step(task).finally(() => this.running.delete(task.key));
    this.running.set(task.key, run);
  }

  private async step(task: Task): Promise<void> {
    const outcome = await this.outcome(task);
    if (this.stop.signal.aborted) return;
    await this.apply(() => {
      if ("error" in outcome) {
        this.options.work.log.error("DRV", `${task.key}: ${outcome.error}`);
        task.failed(outcome.error);
      } else task.done(outcome.result as never);
    });
  }

  private async outcome(task: Task): Promise<{ result: unknown } | { error: string }> {
    const { error, signal } = deadline(task.seconds, this.stop.signal);
    try {
      return { result: await Promise.race([task.run(signal), error]) };
    } catch (reason) {
      return { error: reason instanceof Error ? reason.message : "unknown error" };
    }
  }

  /** False when the change could not be stored: it did not happen, and is tried again later. */
  private async apply(change: () => void): Promise<boolean> {
    try {
      await this.options.apply(change);
      return true;
    } catch (error) {
      this.options.work.log.error(
        "ONE",
        `Background work: ${error instanceof Error ? error.message : "unknown error"}`,
      );
      this.again = true;
      await pause(STORE_RETRY_MS, this.stop.signal);
      return false;
    }
  }
}

function pause(milliseconds: number, stop: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, milliseconds);
    stop.addEventListener(
      "abort",
      () => {
        clearTimeout(timer);
        resolve();
      },
      { once: true },
    );
  });
}

/** A promise that rejects after some seconds or when `stop` is aborted, with the signal that drivers get. */
function deadline(seconds: number, stop: AbortSignal): { error: Promise<never>; signal: AbortSignal } {
  const signal = AbortSignal.any([AbortSignal.timeout(seconds * 1000), stop]);
  const error = new Promise<never>((_resolve, reject) => {
    signal.addEventListener("abort", () => reject(new Error(`no answer within ${seconds} s`)), { once: true });
  });
  error.catch(() => undefined);
  return { error, signal };
}
