// SPDX-License-Identifier: Apache-2.0
import type { DeployedCloud } from "../cloud";
import { commandLine } from "../quote";
import { isWanted, journalctl, type LogQuery } from "./query";
import { RecordReader, type LogRecord } from "./records";

export interface LogSearch extends LogQuery {
  /** The host whose store is searched; the front-end has everybody's records, another host its own and what it collects. */
  store: string;
  onRecord: (record: LogRecord) => void;
  /** Ends a search that follows. */
  signal: AbortSignal;
}

/**
 * Finds records, oldest first.
 *
 * @returns how many there were.
 * @throws Error when a named host is none of the cloud, or the search itself fails.
 */
export async function searchLogs(cloud: DeployedCloud, search: LogSearch): Promise<number> {
  search.hosts.forEach((host) => cloud.host(host));
  const reader = new RecordReader();
  let count = 0;
  const take = (chunk: Buffer): void => {
    for (const record of reader.take(chunk)) {
      if (!isWanted(search, record)) continue;
      count += 1;
      search.onRecord(record);
    }
  };
  const words = commandLine(["sudo", "-n", ...journalctl(search)]);
  const { exitCode, stderr } = await cloud.stream(search.store, words, take, search.signal);
  // With --grep journalctl ends with 1 when it found nothing.
  if (exitCode !== 0 && stderr.trim() !== "")
    throw new Error(`host ${search.store}: journalctl: ${stderr.trim().split("\n").at(-1)}`);
  return count;
}
