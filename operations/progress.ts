// SPDX-License-Identifier: Apache-2.0
import { Listr } from "listr2";

/** Groups of work of which each item ends by itself; shown while it goes on. */
export interface Progress {
  /** One item of a group has ended. */
  done(group: string, line: string): void;
  /** Nothing more comes; resolves when all is shown. */
  close(): Promise<void>;
}

/** Where progress goes. Standard output belongs to the result, so `json` keeps off it. */
export interface ProgressOptions {
  /** Groups with their number of items, in order. */
  groups: Record<string, number>;
  /** True where standard output is for a program. */
  json?: boolean;
}

/** Live on a terminal, plain lines on standard error elsewhere, nothing where a program reads. */
export function startProgress({ groups, json = false }: ProgressOptions): Progress {
  if (json) return { done: () => undefined, close: () => Promise.resolve() };
  const live = process.stdout.isTTY && process.env.TERM !== "dumb" && process.env.CI === undefined;
  return live ? liveProgress(groups) : plainProgress();
}

function plainProgress(): Progress {
  return {
    done: (_group, line) => void process.stderr.write(`${line}\n`),
    close: () => Promise.resolve(),
  };
}

interface Group {
  left: number;
  last: string;
  update: () => void;
  finish: () => void;
}

function liveProgress(sizes: Record<string, number>): Progress {
  const groups = new Map<string, Group>();
  const list = new Listr(
    Object.entries(sizes).map(([title, size]) => ({
      title: `${title} 0/${size}`,
      task: (_: unknown, task): Promise<void> =>
        new Promise((resolve) => {
          const group: Group = {
            left: size,
            last: "",
            finish: resolve,
            update: () => {
              task.title = `${title} ${size - group.left}/${size}`;
              task.output = group.last;
            },
          };
          groups.set(title, group);
          if (size === 0) resolve();
        }),
    })),
    { concurrent: true, registerSignalListeners: false },
  );
  const running = list.run();
  return {
    done: (title, line) => {
      const group = groups.get(title);
      if (!group) return;
      group.left -= 1;
      group.last = line;
      group.update();
      if (group.left === 0) group.finish();
    },
    close: async () => {
      groups.forEach((group) => group.finish());
      await running;
    },
  };
}
