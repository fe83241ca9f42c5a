// SPDX-License-Identifier: Apache-2.0
import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { logsBinary, originOf, query, type Server } from "./database";
import type { Content } from "./manifest";
import type { Settings } from "./settings";
import type { Stage } from "./stage";

/** A log without any event of a client is not larger. */
const EMPTY_LOG_BYTES = 600;

interface Shipped {
  origin: string;
  last: string;
}

const stateFile = (settings: Settings): string => join(settings.stateDirectory, "shipped.json");

/** Binary logs that were closed and are not in the repository. */
export interface Unshipped {
  origin: string;
  /** Folder of the server. */
  directory: string;
  /** In order, in pieces that one backup takes. */
  pieces: string[][];
  /** Seconds since 1970: when the last of them was closed. */
  takenAt: number;
}

/** A manifest travels as one argument: Linux takes 128 KiB, and a log says 160 bytes of itself. */
const MOST_LOGS = 200;

/**
 * Closes the current binary log and finds those that were closed since the last time.
 *
 * @returns undefined when nothing was written since.
 */
export async function unshipped(settings: Settings, server: Server = {}): Promise<Unshipped | undefined> {
  if (!(await logsBinary(server))) throw new Error("MariaDB writes no binary log; the layer `frontend` sets log-bin");
  const origin = await originOf(server);
  const file = stateFile(settings);
  const known = existsSync(file) ? (JSON.parse(readFileSync(file, "utf8")) as Shipped) : undefined;
  const last = known?.origin === origin ? known.last : "";
  const before = await logs(server);
  const current = before.at(-1);
  const quiet = current !== undefined && current.bytes <= EMPTY_LOG_BYTES;
  if (quiet && !before.some(({ name }) => name > last && name !== current.name)) return undefined;
  const takenAt = Date.now() / 1000;
  await query("FLUSH BINARY LOGS", server);
  const closed = (await logs(server)).slice(0, -1).filter(({ name }) => name > last);
  if (closed.length === 0) return undefined;
  const directory = dirname((await query("SELECT @@log_bin_basename", server))[0]?.[0] ?? "");
  const names = closed.map(({ name }) => name);
  const count = Math.ceil(names.length / MOST_LOGS);
  const pieces = Array.from({ length: count }, (_, index) => names.slice(index * MOST_LOGS, (index + 1) * MOST_LOGS));
  return { origin, directory, pieces, takenAt };
}

/** Stages some of them. */
export async function stageBinlogs(stage: Stage, names: string[], logsOf: Unshipped): Promise<Content> {
  const { origin, directory, takenAt } = logsOf;
  const artefacts = [];
  for (const name of names) {
    artefacts.push(await stage.add(`${name}.zst`, [{ words: ["cat", join(directory, basename(name))] }]));
  }
  return { takenAt, artefacts, binlog: { origin } };
}

/** Notes that they are in the repository. */
export function markShipped(settings: Settings, names: string[], { origin }: Unshipped): void {
  const file = stateFile(settings);
  writeFileSync(`${file}.new`, JSON.stringify({ origin, last: names.at(-1) }), { mode: 0o600 });
  renameSync(`${file}.new`, file);
}

async function logs(server: Server): Promise<{ name: string; bytes: number }[]> {
  const rows = await query("SHOW BINARY LOGS", server);
  return rows.map(([name = "", bytes = "0"]) => ({ name, bytes: Number(bytes) }));
}
