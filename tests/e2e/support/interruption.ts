// SPDX-License-Identifier: Apache-2.0
import { pause } from "../../../lab/hosts/run";
import type { CliResult, CloudUnderTest } from "../../helpers/e2e";
import { isProgress } from "./deployment";

/** When a run is disturbed. */
export interface Moment {
  /** After so many signs of progress (changes begun or done), or after a line of that form. */
  after: number | RegExp;
  /** And so many milliseconds. */
  milliseconds: number;
}

/** A moment that chance decides, from the first sign of progress to that many. */
export function someMoment(random: () => number, progress: number, milliseconds = 1500): Moment {
  return { after: 1 + Math.floor(random() * progress), milliseconds: Math.floor(random() * milliseconds) };
}

/**
 * Runs a command of the lab and disturbs it.
 *
 * @param disturb - gets the process id of the command
 * @returns how the command ended, and whether the moment came before
 */
export async function disturbAt(
  cloud: CloudUnderTest,
  args: string[],
  moment: Moment,
  disturb: (pid: number) => Promise<void> | void,
): Promise<CliResult & { disturbed: boolean }> {
  const { after, milliseconds } = moment;
  let seen = 0;
  const isIt = (line: string): boolean =>
    typeof after === "number" ? isProgress(line) && ++seen === after : after.test(line.trim());
  let came: () => void = () => undefined;
  const reached = new Promise<"reached">((resolve) => (came = () => resolve("reached")));
  const running = cloud.start(args, {
    timeoutSeconds: 900,
    onLine: (line) => {
      if (isIt(line)) came();
    },
  });
  const first = await Promise.race([running.done, reached]);
  if (first === "reached") {
    const over = await Promise.race([running.done, pause(milliseconds).then(() => undefined)]);
    if (over === undefined) {
      await disturb(running.pid);
      return { ...(await running.done), disturbed: true };
    }
  }
  return { ...(await running.done), disturbed: false };
}

/** Kills a run at a moment. Chance decides whether its plugins die with it or are left behind. */
export function killAt(
  cloud: CloudUnderTest,
  args: string[],
  moment: Moment,
  random: () => number,
): Promise<CliResult & { disturbed: boolean }> {
  return disturbAt(cloud, args, moment, (pid) => cloud.killRun(pid, { plugins: random() < 0.5 }));
}
