// SPDX-License-Identifier: Apache-2.0

/** One object, or one system attribute (table `system_attributes`, where `oid` is -1 and `name` the key). */
export interface Row {
  /** The table's name in the real schema, e.g. `host_pool`. */
  table: string;
  oid: number;
  name: string;
  /** JSON. */
  body: string;
}

export type Change = { put: Row } | { remove: Pick<Row, "table" | "oid" | "name"> };

/** Where oned keeps its objects. All changes of a call are one `write`: after a kill, all of them are there or none. */
export interface Store {
  /** For the log: what kind of store and where, without secrets. */
  readonly description: string;
  load(): Promise<Row[]>;
  write(changes: Change[]): Promise<void>;
  /** Runs SQL where there is a database (one.system.sql and sqlquery). */
  query?(sql: string): Promise<Record<string, string>[]>;
  close(): Promise<void>;
}

export const ATTRIBUTES = "system_attributes";

export function rowKey(row: Pick<Row, "table" | "oid" | "name">): string {
  return row.table === ATTRIBUTES ? `${row.table}/${row.name}` : `${row.table}/${row.oid}`;
}

/** Keeps everything in memory: for tests. */
export function memoryStore(rows: Row[] = []): Store {
  const held = new Map(rows.map((row) => [rowKey(row), row]));
  return {
    description: "memory",
    load: async () => [...held.values()],
    write: async (changes) => applyChanges(held, changes),
    query: async (sql) => select([...held.values()], sql),
    close: async () => undefined,
  };
}

/** The two queries that a store without SQL understands: `SELECT <number>` and `SELECT <columns> FROM <table>`. */
export function select(rows: Row[], sql: string): Record<string, string>[] {
  const constant = /^\s*SELECT\s+(\d+)\s*;?\s*$/i.exec(sql)?.[1];
  if (constant !== undefined) return [{ [constant]: constant }];
  const [, list, table] = /^\s*SELECT\s+([\w\s,]+?)\s+FROM\s+(\w+)\s*;?\s*$/i.exec(sql) ?? [];
  if (list === undefined) throw new Error("the stand-in's store without a database reads whole tables only");
  const columns = list.split(",").map((column) => column.trim());
  const found = rows.filter((row) => row.table === table).sort((a, b) => a.oid - b.oid);
  return found.map((row) => {
    const cells: Record<string, string> = { oid: String(row.oid), name: row.name, body: row.body };
    const unknown = columns.find((column) => cells[column] === undefined);
    if (unknown !== undefined) throw new Error("no such column");
    return Object.fromEntries(columns.map((column) => [column, cells[column] ?? ""]));
  });
}

export function applyChanges(rows: Map<string, Row>, changes: Change[]): void {
  for (const change of changes) {
    if ("put" in change) rows.set(rowKey(change.put), change.put);
    else rows.delete(rowKey(change.remove));
  }
}
