// SPDX-License-Identifier: Apache-2.0

import { existsSync } from "node:fs";
import { open, readFile, rename } from "node:fs/promises";
import { dirname } from "node:path";
import type { Row, Store } from "./store";
import { applyChanges, rowKey, select } from "./store";

const FORMAT = "opennebula-scaleway stand-in database 1";

/**
 * Keeps the objects in one JSON file: what the stand-in does for BACKEND "sqlite". The file is replaced as a whole, so
 * a kill leaves the old or the new one. Rejects when the file is none of its own.
 */
export async function fileStore(path: string): Promise<Store> {
  const rows = new Map<string, Row>();
  if (existsSync(path)) {
    const text = await readFile(path, "utf8");
    let held: { format?: string; rows?: Row[] };
    try {
      held = JSON.parse(text) as typeof held;
    } catch {
      held = {};
    }
    if (held.format !== FORMAT || held.rows === undefined) {
      throw new Error(`${path}: not a database of the stand-in; it cannot read the real oned's`);
    }
    for (const row of held.rows) rows.set(rowKey(row), row);
  }
  return {
    description: `file ${path}`,
    load: async () => [...rows.values()],
    write: async (changes) => {
      const next = new Map(rows);
      applyChanges(next, changes);
      await replace(path, JSON.stringify({ format: FORMAT, rows: [...next.values()] }));
      applyChanges(rows, changes);
    },
    query: async (sql) => select([...rows.values()], sql),
    close: async () => undefined,
  };
}

async function replace(path: string, text: string): Promise<void> {
  const file = await open(`${path}.new`, "w", 0o600);
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(`${path}.new`, path);
  const directory = await open(dirname(path), "r");
  await directory.sync().finally(() => directory.close());
}
