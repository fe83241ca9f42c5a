// SPDX-License-Identifier: Apache-2.0
import { Listr } from "listr2";

/** One thing that a run does, as people see it. */
export interface Step {
  title: string;
  /**
   * @param note - shows what is going on, until the next note
   * @param remark - shows something about the whole step, until its end
   * @returns what came of it, shown behind the title
   */
  run(note: (text: string) => void, remark: (text: string) => void): Promise<string | void>;
}

/** Does steps one after the other and shows them. */
export type StepRunner = (steps: Step[]) => Promise<void>;

/** Seconds with one decimal. */
export function seconds(sinceMilliseconds: number): string {
  return `${((Date.now() - sinceMilliseconds) / 1000).toFixed(1)} s`;
}

/**
 * For pipes, files and CI: a line when a step begins, for each note, and when it ends.
 *
 * @param write - takes one line without its end.
 */
export function plainSteps(write: (line: string) => void): StepRunner {
  return async (steps) => {
    for (const step of steps) {
      const started = Date.now();
      write(`> ${step.title}`);
      try {
        const line = (text: string): void => write(`  ${text}`);
        const result = await step.run(line, line);
        write(`  done in ${seconds(started)}${result ? `: ${result}` : ""}`);
      } catch (error) {
        write(`  FAILED after ${seconds(started)}`);
        throw error;
      }
    }
  };
}

/** For terminals: every step with its state and time, and the latest note beneath the one that runs. */
export const liveSteps: StepRunner = async (steps) => {
  const list = new Listr(
    steps.map((step) => ({
      title: step.title,
      task: async (_: unknown, task): Promise<void> => {
        const started = Date.now();
        let remark = "";
        const showTime = (): void => {
          task.title = `${step.title} (${Math.floor((Date.now() - started) / 1000)} s)${remark}`;
        };
        const timer = setInterval(showTime, 1000);
        let result: string | void = undefined;
        try {
          result = await step.run(
            (text) => {
              task.output = text;
            },
            (text) => {
              remark = `: ${text}`;
              showTime();
            },
          );
        } finally {
          clearInterval(timer);
          task.title = `${step.title}${result ? `: ${result}` : ""} (${seconds(started)})`;
        }
      },
    })),
    { rendererOptions: { collapseErrors: false, showErrorMessage: false }, registerSignalListeners: false },
  );
  await list.run();
};

/** Shows nothing; for tests. */
export const silentSteps: StepRunner = async (steps) => {
  const nothing = (): void => undefined;
  for (const step of steps) await step.run(nothing, nothing);
};
