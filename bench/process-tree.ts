// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from "node:fs";
import { childrenOf } from "../lab/hosts/processes";

/** What a process and everything beneath it used; undefined where there is no /proc. */
export interface Usage {
  /** Most memory that all processes had together, in MB; what they share counts once (proportional set size). */
  peakMegabytes: number | undefined;
  /** Processor time of all of them together, in seconds. */
  cpuSeconds: number | undefined;
}

/** Clock ticks a second in /proc: the same on every Linux of today. */
const TICKS = 100;

/** Watches a process with all its descendants while it runs. */
export class ProcessTree {
  private readonly ticks = new Map<number, number>();
  private peakKilobytes = 0;
  private readonly timer: NodeJS.Timeout;

  /** @param milliseconds - between two looks. */
  constructor(
    private readonly root: number,
    milliseconds = 500,
  ) {
    this.timer = setInterval(() => this.look(), milliseconds);
  }

  /** Ends the watch. */
  stop(): Usage {
    clearInterval(this.timer);
    if (this.ticks.size === 0) return { peakMegabytes: undefined, cpuSeconds: undefined };
    const ticks = [...this.ticks.values()].reduce((sum, one) => sum + one, 0);
    return { peakMegabytes: this.peakKilobytes / 1024, cpuSeconds: ticks / TICKS };
  }

  private look(): void {
    let kilobytes = 0;
    for (const pid of descendants(this.root)) {
      try {
        const rollup = readFileSync(`/proc/${pid}/smaps_rollup`, "latin1");
        const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
        const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
        this.ticks.set(pid, Number(fields[11]) + Number(fields[12]));
        kilobytes += Number(/^Pss:\s*(\d+) kB$/m.exec(rollup)?.[1] ?? 0);
      } catch {
        // Gone meanwhile.
      }
    }
    this.peakKilobytes = Math.max(this.peakKilobytes, kilobytes);
  }
}

function descendants(root: number): number[] {
  const all = [root];
  for (let index = 0; index < all.length; index++) all.push(...childrenOf(all[index]!));
  return all;
}
