// SPDX-License-Identifier: Apache-2.0

import { existsSync } from "node:fs";
import { createPool } from "mysql2/promise";
import type { Pool, PoolConnection, PoolOptions, RowDataPacket } from "mysql2/promise";
import type { DatabaseConfig } from "./config";
import { TABLES } from "./state";
import type { Change, Row, Store } from "./store";
import { ATTRIBUTES } from "./store";

type MysqlConfig = Extract<DatabaseConfig, { backend: "mysql" }>;

const SOCKET = "/run/mysqld/mysqld.sock";
const CONNECT_DEADLINE_MS = 20_000;
const names = [...new Set(Object.values(TABLES))];

/** `localhost` means the server's socket, as for every MySQL client library; anything else is TCP. */
function address(config: MysqlConfig): PoolOptions {
  if (config.server === "localhost" && config.port === 0 && existsSync(SOCKET)) return { socketPath: SOCKET };
  return { host: config.server === "localhost" ? "127.0.0.1" : config.server, port: config.port || 3306 };
}

/**
 * Keeps the objects in MariaDB: one table a kind with the real names, made on the first start. Waits up to 20 s for the
 * server, then rejects with the server's reason.
 */
export async function mysqlStore(config: MysqlConfig): Promise<Store> {
  const pool = createPool({
    ...address(config),
    user: config.user,
    password: config.password,
    database: config.database,
    connectionLimit: Math.max(1, Math.min(config.connections, 4)),
    connectTimeout: 5000,
    charset: "utf8mb4_general_ci",
  });
  const description = `MariaDB database ${config.database} at ${config.server}`;
  try {
    await connected(pool, description);
    await createTables(pool);
  } catch (error) {
    await pool.end();
    throw error;
  }
  return {
    description,
    load: () => load(pool),
    write: (changes) => write(pool, changes),
    query: (sql) => query(pool, sql),
    close: () => pool.end(),
  };
}

async function connected(pool: Pool, description: string): Promise<void> {
  const deadline = Date.now() + CONNECT_DEADLINE_MS;
  for (;;) {
    try {
      await pool.query("SELECT 1");
      return;
    } catch (error) {
      const reason = error instanceof Error ? error.message : "unknown reason";
      const code = (error as { code?: string }).code ?? "";
      // A wrong password does not become right by waiting.
      if (Date.now() > deadline || code.startsWith("ER_")) throw new Error(`Cannot use the ${description}: ${reason}`);
      await new Promise((resolve) => setTimeout(resolve, 500));
    }
  }
}

async function createTables(pool: Pool): Promise<void> {
  for (const name of names) {
    await pool.query(
      `CREATE TABLE IF NOT EXISTS ${name} (oid INTEGER PRIMARY KEY, name VARCHAR(255), body MEDIUMTEXT NOT NULL)`,
    );
  }
  await pool.query(
    `CREATE TABLE IF NOT EXISTS ${ATTRIBUTES} (name VARCHAR(128) PRIMARY KEY, body MEDIUMTEXT NOT NULL)`,
  );
  await pool.query(
    "CREATE TABLE IF NOT EXISTS db_versioning " +
      "(oid INTEGER PRIMARY KEY, version VARCHAR(256), timestamp INTEGER, comment VARCHAR(256))",
  );
  await pool.query(
    "INSERT IGNORE INTO db_versioning VALUES (0, '7.0.0', UNIX_TIMESTAMP(), 'made by the opennebula-scaleway stand-in')",
  );
}

async function load(pool: Pool): Promise<Row[]> {
  const rows: Row[] = [];
  for (const table of names) {
    const [found] = await pool.query<RowDataPacket[]>(`SELECT oid, name, body FROM ${table}`);
    rows.push(
      ...(found as Omit<Row, "table">[]).map((row) => ({ table, oid: row.oid, name: row.name, body: row.body })),
    );
  }
  const [attributes] = await pool.query<RowDataPacket[]>(`SELECT name, body FROM ${ATTRIBUTES}`);
  for (const { name, body } of attributes as Pick<Row, "name" | "body">[]) {
    rows.push({ table: ATTRIBUTES, oid: -1, name, body });
  }
  return rows;
}

async function write(pool: Pool, changes: Change[]): Promise<void> {
  const connection = await pool.getConnection();
  try {
    await connection.beginTransaction();
    for (const change of changes) await apply(connection, change);
    await connection.commit();
  } catch (error) {
    await connection.rollback().catch(() => connection.destroy());
    throw error;
  } finally {
    connection.release();
  }
}

async function apply(connection: PoolConnection, change: Change): Promise<void> {
  if ("remove" in change) {
    await connection.query(`DELETE FROM ${change.remove.table} WHERE oid = ?`, [change.remove.oid]);
  } else if (change.put.table === ATTRIBUTES) {
    await connection.query(`REPLACE INTO ${ATTRIBUTES} VALUES (?, ?)`, [change.put.name, change.put.body]);
  } else {
    const { table, oid, name, body } = change.put;
    await connection.query(`REPLACE INTO ${table} VALUES (?, ?, ?)`, [oid, name, body]);
  }
}

async function query(pool: Pool, sql: string): Promise<Record<string, string>[]> {
  const [result] = await pool.query(sql);
  if (!Array.isArray(result)) return [];
  return (result as Record<string, unknown>[]).map((row) =>
    Object.fromEntries(Object.entries(row).map(([name, value]) => [name, String(value)])),
  );
}
