// SPDX-License-Identifier: Apache-2.0
import { createReadStream, createWriteStream } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import type { RestoreStep } from "../../onhost/backup/src/plan";
import { Measure } from "../../onhost/backup/src/processes";
import { decrypt } from "./age";

/** A stored file, as age has encrypted it: by the id of its snapshot, its folder there, and its name in the manifest. Ends with an error when it could not be read whole. */
export type Reader = (snapshot: string, folder: string, name: string) => AsyncIterable<Buffer>;

/** What age adds to a file: a header for each recipient, 16 bytes to each 64 KiB. */
const HEADER_BYTES = 100_000;
const PART_OF_CONTENT = 1 / 1000;

/**
 * Fetches every file of a restore, still encrypted, opens it here and compares it with what its manifest says, before any of them
 * goes anywhere: a damaged or exchanged file is found while nothing has been touched.
 *
 * @param work - gets a function that opens one of them again.
 * @throws Error that names the file, when none of its places holds what was backed up.
 */
export async function withFiles<T>(
  steps: readonly RestoreStep[],
  read: Reader,
  identity: string,
  work: (opened: (step: RestoreStep) => AsyncGenerator<Buffer>) => Promise<T>,
): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), "opennebula-restore-"));
  const fileOf = (step: RestoreStep): string => join(folder, String(steps.indexOf(step)));
  const opened = (step: RestoreStep): AsyncGenerator<Buffer> =>
    decrypt(createReadStream(fileOf(step)) as AsyncIterable<Buffer>, identity);
  try {
    for (const step of steps) await fetchStep(step, read, fileOf(step), () => opened(step));
    return await work(opened);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function fetchStep(
  step: RestoreStep,
  read: Reader,
  file: string,
  opened: () => AsyncGenerator<Buffer>,
): Promise<void> {
  const { name, places } = step;
  const reasons: string[] = [];
  for (const { snapshot, folder } of places) {
    try {
      const most = step.bytes * (1 + PART_OF_CONTENT) + HEADER_BYTES;
      await pipeline(limited(read(snapshot, folder, name), most), createWriteStream(file, { mode: 0o600 }));
      const content = new Measure();
      for await (const piece of opened()) content.tap(piece);
      if (content.digest() === step.sha256) return;
      reasons.push("it is not what was backed up");
    } catch (error) {
      reasons.push((error as Error).message);
    }
  }
  throw new Error(`${name} of backup ${places[0]?.snapshot ?? ""} is refused: ${reasons.join("; ")}`);
}

async function* limited(source: AsyncIterable<Buffer>, most: number): AsyncGenerator<Buffer> {
  let bytes = 0;
  for await (const piece of source) {
    bytes += piece.length;
    if (bytes > most) throw new Error("it is longer than what was backed up");
    yield piece;
  }
}
