// SPDX-License-Identifier: Apache-2.0
import { randomUUID } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ContentHash } from "./content";
import type { Content } from "./manifest";
import { run, type Program } from "./processes";
import type { Settings } from "./settings";
import type { Stage } from "./stage";

export const DUMP = "database.sql.zst";
export const CREDENTIALS = "credentials.tar.zst";

/** A server that SQL goes to: the host's own, or one of a test. */
export interface Server {
  socket?: string;
}

export function client(words: string[], { socket }: Server = {}): Program {
  const [program = "", ...rest] = words;
  return { words: [program, ...(socket === undefined ? [] : [`--socket=${socket}`]), ...rest] };
}

/**
 * The dump of a database, the same text for the same content. One transaction sees it all at one instant; writers are not held up.
 */
export function dumpProgram(name: string, server: Server = {}, withPosition = false): Program {
  return client(
    [
      "mariadb-dump",
      "--single-transaction",
      "--quick",
      "--order-by-primary",
      "--hex-blob",
      "--routines",
      "--events",
      "--triggers",
      "--skip-dump-date",
      "--default-character-set=utf8mb4",
      ...(withPosition ? ["--master-data=2"] : []),
      name,
    ],
    server,
  );
}

/** Rows of a query, columns by tab. */
export async function query(sql: string, server: Server = {}): Promise<string[][]> {
  const text = await run(client(["mariadb", "--batch", "--skip-column-names"], server), sql);
  return text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => line.split("\t"));
}

/** Which server's binary logs these are: a new data folder begins a new count, so the mark lies in the folder. */
export async function originOf(server: Server = {}): Promise<string> {
  const folder = (await query("SELECT @@datadir", server))[0]?.[0] ?? "";
  const file = join(folder, "opennebula-backup-origin");
  if (!existsSync(file)) writeFileSync(file, randomUUID(), { flag: "wx", mode: 0o600 });
  return readFileSync(file, "utf8");
}

export async function logsBinary(server: Server = {}): Promise<boolean> {
  return (await query("SELECT @@log_bin", server))[0]?.[0] === "1";
}

/** Dumps oned's database and what its services log in with. */
export async function stageDatabase(settings: Settings, stage: Stage, server: Server = {}): Promise<Content> {
  const { database } = settings;
  if (database === undefined) throw new Error("this host has no database");
  const takenAt = Date.now() / 1000;
  const origin = await originOf(server);
  const content = new ContentHash();
  const dump = dumpProgram(database.name, server, await logsBinary(server));
  const artefacts = [await stage.add(DUMP, [dump], content.tap)];
  if (existsSync(database.credentials)) {
    const words = ["tar", "--create", "--numeric-owner", "--directory", "/", "--file=-", database.credentials.slice(1)];
    artefacts.push(await stage.add(CREDENTIALS, [{ words }]));
  }
  const found = { origin, content: content.digest(), position: content.position };
  return { takenAt, artefacts, database: found };
}
