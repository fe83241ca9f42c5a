// SPDX-License-Identifier: Apache-2.0
import { renameSync, writeFileSync, readFileSync } from "node:fs";
import { parseDocument } from "yaml";
import type { CloudUnderTest } from "../../helpers/e2e";

/** Sets a value of the cloud in the lab's copy of the stack file; undefined takes it out. */
export function configure(cloud: CloudUnderTest, path: string[], value: unknown): void {
  const file = cloud.lab.stackFile;
  const document = parseDocument(readFileSync(file, "utf8"));
  const full = ["config", "opennebula-scaleway:cloud", ...path];
  if (value === undefined) document.deleteIn(full);
  else document.setIn(full, document.createNode(value));
  writeFileSync(`${file}.new`, document.toString({ lineWidth: 0 }), { mode: 0o600 });
  renameSync(`${file}.new`, file);
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
