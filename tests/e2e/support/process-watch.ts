// SPDX-License-Identifier: Apache-2.0
import { readdirSync, readFileSync } from "node:fs";

/** Looks at the process list again and again, as anybody on the machine could. Hosts' processes are in it too. */
export class ProcessWatch {
  private readonly lines = new Set<string>();
  private timer: NodeJS.Timeout | undefined;

  /** @param milliseconds - between two looks. */
  start(milliseconds = 400): void {
    this.timer = setInterval(() => this.look(), milliseconds);
  }

  stop(): void {
    clearInterval(this.timer);
  }

  /** Every command line seen so far, and those of this moment. */
  get commandLines(): string[] {
    this.look();
    return [...this.lines];
  }

  private look(): void {
    for (const [, line] of everyProcess("cmdline")) this.lines.add(line);
  }
}

/** A file of every process of the machine, with its process id. */
export function everyProcess(file: "cmdline" | "environ"): [pid: number, text: string][] {
  return readdirSync("/proc")
    .filter((entry) => /^\d+$/.test(entry))
    .flatMap((pid): [number, string][] => {
      try {
        return [[Number(pid), readFileSync(`/proc/${pid}/${file}`, "latin1").replaceAll("\0", " ")]];
      } catch {
        return []; // Gone meanwhile.
      }
    });
}
