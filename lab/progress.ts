// SPDX-License-Identifier: Apache-2.0
import { Listr } from "listr2";

/** One thing that a run does, as people see it. */
export interface Step {
  title: string;
  /**
   * @param note - shows what is going on; the last note stays where there is no terminal.
   * @returns what came of it, shown behind the title
   */
  run(note: (text: string) => void): Promise<string | void>;
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
        const result = await step.run((text) => write(`  ${text}`));
        write(`  done in ${seconds(started)}${result ? `: ${result}` : ""}`);
      } catch (error) {
        write(`  FAILED after ${seconds(started)}`);
        throw error;
      }
    }
  };
}

/** For terminals: every step with its state, and the latest note beneath the one that runs. */
export const liveSteps: StepRunner = async (steps) => {
  const list = new Listr(
    steps.map((step) => ({
      title: step.title,
      task: async (_: unknown, task): Promise<void> => {
        const started = Date.now();
        const result = await step.run((text) => {
          task.output = text;
        });
        task.title = `${step.title}${result ? `: ${result}` : ""} (${seconds(started)})`;
      },
    })),
    { rendererOptions: { collapseErrors: false, showErrorMessage: false }, registerSignalListeners: false },
  );
  await list.run();
};

/** Shows nothing; for tests. */
export const silentSteps: StepRunner = async (steps) => {
  for (const step of steps) await step.run(() => undefined);
};
