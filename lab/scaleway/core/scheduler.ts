// SPDX-License-Identifier: Apache-2.0
import { randomUUID } from "node:crypto";
import type { Clock } from "./clock";
import type { JsonObject } from "./json";
import type { Store } from "./store";

/** A transition that is to come. It stays in the state until it is done, so that a restart takes it up again. */
export interface Job {
  id: string;
  type: string;
  /** The id of the object it changes. */
  target: string;
  /** Milliseconds since 1970. */
  due: number;
  data: JsonObject;
}

export type JobHandler = (job: Job) => void | Promise<void>;

/** Runs transitions when they are due: by a timer, and before each request, so that answers never lag behind the clock. */
export class Scheduler {
  private readonly handlers = new Map<string, JobHandler>();
  private readonly running = new Map<string, Promise<void>>();
  private timer: NodeJS.Timeout | undefined;
  private stopped = false;

  constructor(
    private readonly store: Store,
    private readonly clock: Clock,
    private readonly report: (message: string) => void,
  ) {}

  on(type: string, handler: JobHandler): void {
    this.handlers.set(type, handler);
  }

  /** Adds a transition that is due in `delay` milliseconds. */
  add(job: { type: string; target: string; delay: number; data?: JsonObject }): void {
    const { type, target, delay, data = {} } = job;
    this.store.state.jobs.push({ id: randomUUID(), type, target, due: this.clock.now() + delay, data });
    this.store.changed();
    this.arm();
  }

  /** Drops what has not begun yet for an object (only of `type`, where given). */
  cancel(target: string, type?: string): void {
    const kept = (job: Job): boolean =>
      job.target !== target || (type !== undefined && job.type !== type) || this.running.has(job.id);
    this.store.state.jobs = this.store.state.jobs.filter(kept);
    this.store.changed();
  }

  /** Makes transitions that wait due after the delays changed. */
  hurry(): void {
    for (const job of this.store.state.jobs) job.due = Math.min(job.due, this.clock.now());
    this.store.changed();
    this.arm();
  }

  /**
   * Runs everything that is due, and what becomes due by that. Work that takes time (a machine's installation) goes on
   * in the background; work that is done at once is done when this returns.
   */
  async settle(): Promise<void> {
    for (;;) {
      const due = this.store.state.jobs.filter((job) => job.due <= this.clock.now() && !this.running.has(job.id));
      if (due.length === 0 || this.stopped) break;
      for (const job of due) this.running.set(job.id, this.run(job));
      await new Promise((resolve) => setImmediate(resolve));
    }
    this.arm();
  }

  /** Takes up what the state file says was waiting or under way. */
  async start(): Promise<void> {
    await this.settle();
  }

  stop(): void {
    this.stopped = true;
    clearTimeout(this.timer);
  }

  private async run(job: Job): Promise<void> {
    try {
      await this.handlers.get(job.type)?.(job);
    } catch (error) {
      this.report(`transition ${job.type} of ${job.target} failed: ${(error as Error).message}`);
    }
    if (this.stopped) return;
    this.store.state.jobs = this.store.state.jobs.filter(({ id }) => id !== job.id);
    this.running.delete(job.id);
    this.store.changed();
    await this.store.flush();
    this.arm();
  }

  private arm(): void {
    clearTimeout(this.timer);
    if (this.stopped) return;
    const waiting = this.store.state.jobs.filter(({ id }) => !this.running.has(id)).map(({ due }) => due);
    if (waiting.length === 0) return;
    const delay = Math.max(0, Math.min(Math.min(...waiting) - this.clock.now(), 2 ** 31 - 1));
    this.timer = setTimeout(() => void this.settle(), delay).unref();
  }
}
