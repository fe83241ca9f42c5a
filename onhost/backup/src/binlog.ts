// SPDX-License-Identifier: Apache-2.0
import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { logsBinary, originOf, query, type Server } from "./database";
import type { Manifest } from "./manifest";
import type { Settings } from "./settings";
import type { Stage } from "./stage";

/** A log without any event of a client is not larger. */
const EMPTY_LOG_BYTES = 600;

interface Shipped {
  origin: string;
  last: string;
}

const stateFile = (settings: Settings): string => join(settings.stateDirectory, "shipped.json");

/**
 * Stages the binary logs that were closed since the last time, after closing the current one.
 *
 * @returns undefined when nothing was written since.
 */
export async function stageBinlogs(
  settings: Settings,
  stage: Stage,
  server: Server = {},
): Promise<{ manifest: Manifest; shipped: () => void } | undefined> {
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
  const artefacts = [];
  for (const { name } of closed) {
    artefacts.push(await stage.add(`${name}.zst`, [{ words: ["cat", join(directory, basename(name))] }]));
  }
  const files = closed.map(({ name }) => name);
  const manifest = {
    version: 1,
    kind: "binlog",
    host: settings.host,
    takenAt,
    artefacts,
    binlog: { origin, files },
  } as const;
  const shipped = (): void => {
    writeFileSync(`${file}.new`, JSON.stringify({ origin, last: files.at(-1) }), { mode: 0o600 });
    renameSync(`${file}.new`, file);
  };
  return { manifest, shipped };
}

async function logs(server: Server): Promise<{ name: string; bytes: number }[]> {
  const rows = await query("SHOW BINARY LOGS", server);
  return rows.map(([name = "", bytes = "0"]) => ({ name, bytes: Number(bytes) }));
}
