// SPDX-License-Identifier: Apache-2.0
import { setInCloud } from "../../../lab/stack-file";
import type { CloudUnderTest } from "../../helpers/e2e";

/** Sets a value of the cloud in the lab's copy of the stack file; undefined takes it out. */
export function configure(cloud: CloudUnderTest, path: string[], value: unknown): void {
  setInCloud(cloud.lab.stackFile, path, value);
}

/** What a run said that it does: one entry for each resource that it began to change. */
export function changesBegun(output: string): string[] {
  return output
    .split("\n")
    .map((line) => line.trim())
    .filter(isBeginning)
    .map((line) => line.replace(/ \.\.\.$/, ""));
}

function isBeginning(line: string): boolean {
  return /^(creating|updating|deleting|replacing|deleting the replaced|reading) \S+ \S+ \.\.\.$/.test(line);
}

/** A line by which a run shows that it got on: a change begins or is done. */
export function isProgress(line: string): boolean {
  return isBeginning(line.trim()) || /: done in [\d.]+ s \(/.test(line);
}

/** Counts of the last `up`, from the status; without how long it took. */
export async function lastUpdate(cloud: CloudUnderTest): Promise<Record<string, number>> {
  const { seconds: _, ...counts } = (await cloud.status()).stack.lastUpdate;
  return counts;
}
