// SPDX-License-Identifier: Apache-2.0
import { writeSync } from "node:fs";
import { isatty } from "node:tty";

const SHOW_CURSOR = "\u001b[?25h";
const EXIT_CODE = 130;

interface Deployment {
  controller: AbortController;
  tell(text: string): void;
}

/** What Ctrl-C and SIGTERM do: a deployment ends in order, and at once by a second signal; everything else ends at once. */
export class Interrupt {
  private since = 0;
  private deployment?: Deployment;
  private steps = 0;

  /** @param leave - ends the process. */
  constructor(private readonly leave: (code: number) => void = (code) => process.exit(code)) {}

  /** Whether a deployment has been asked to end. */
  get happened(): boolean {
    return this.since > 0;
  }

  /** Takes the signal. */
  readonly take = (): void => {
    const { deployment } = this;
    if (deployment === undefined) return this.stop(this.steps > 0 ? "Stopped; the next run goes on from there." : "");
    // The terminal and npm both send the signal: only one that comes later is a second wish.
    if (this.happened && Date.now() - this.since > 1000)
      return this.stop("Stopped at once; the next run finds out what became of what was under way.");
    if (this.happened) return;
    this.since = Date.now();
    deployment.tell("stopping after what is under way; the next run goes on from there. Ctrl-C again stops at once");
    deployment.controller.abort();
  };

  /**
   * Does a deployment that a signal ends in order.
   *
   * @param tell - says to people that it is being stopped
   */
  async deploying<T>(tell: (text: string) => void, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const controller = new AbortController();
    this.deployment = { controller, tell };
    try {
      return await work(controller.signal);
    } finally {
      this.deployment = undefined;
    }
  }

  /** Does steps that a signal ends at once, and with a word that they may be run again. */
  async stepping<T>(work: () => Promise<T>): Promise<T> {
    this.steps++;
    try {
      return await work();
    } finally {
      this.steps--;
    }
  }

  private stop(words: string): void {
    // Past process.stderr: live progress holds that back until its end, and has hidden the cursor.
    if (words !== "") writeSync(2, `${isatty(2) ? SHOW_CURSOR : ""}\n${words}\n`);
    this.leave(EXIT_CODE);
  }
}
