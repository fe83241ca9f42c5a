// SPDX-License-Identifier: Apache-2.0

import type { Template } from "./template";
import { get, merge, parseTemplate, TemplateError, vectors } from "./template";

/** Settings that hold when the file does not say otherwise. */
const BUILT_IN = `
ACTION_TIMEOUT = 300
API_LIST_ORDER = "DESC"
COLD_MIGRATE_MODE = 0
CONTEXT_ALLOW_ETH_UPDATES = "NO"
CONTEXT_RESTRICTED_DIRS = "/etc"
CONTEXT_SAFE_DIRS = ""
DATASTORE_LOCATION = "/var/lib/one//datastores"
DB = [ BACKEND = "sqlite", TIMEOUT = "2500" ]
DEFAULT_AUTH = "default"
DEFAULT_IMAGE_PERSISTENT = ""
DEFAULT_IMAGE_PERSISTENT_NEW = ""
DEFAULT_UMASK = 177
DRS_INTERVAL = 600
ENABLE_OTHER_PERMISSIONS = "YES"
KEEPALIVE_MAX_CONN = 30
KEEPALIVE_TIMEOUT = 15
LISTEN_ADDRESS = "0.0.0.0"
LIVE_RESCHEDS = 0
LOG_CALL_FORMAT = "Req:%i UID:%u IP:%A %m invoked %l"
MANAGER_TIMER = 15
MAX_ACTIONS_PER_CLUSTER = 500
MAX_ACTIONS_PER_HOST = 50
MAX_CONN = 15
MAX_CONN_BACKLOG = 15
MESSAGE_SIZE = 1073741824
PORT = 2633
RPC_LOG = "NO"
SCHED_MAX_WND_LENGTH = 7
SCHED_MAX_WND_TIME = 2
SCHED_RETRY_TIME = 60
SESSION_EXPIRATION_TIME = 900
TIMEOUT = 15
VM_MONITORING_EXPIRATION_TIME = 14400
VM_SNAPSHOT_FACTOR = 0
`;

/** The coordinates in the `DB` vector of oned.conf. */
export type DatabaseConfig =
  | { backend: "sqlite" }
  | {
      backend: "mysql";
      server: string;
      /** 0 is the server's default port. */
      port: number;
      user: string;
      password: string;
      database: string;
      connections: number;
    };

/** oned.conf, read: the file's attributes on top of what is built in. */
export interface OnedConfig {
  attributes: Template;
  get(name: string): string | undefined;
  all(name: string): string[];
  vectors(name: string): Record<string, string>[];
  /** A whole number; throws an error that names the key when the value is none. */
  number(name: string): number;
  database(): DatabaseConfig;
}

/** Parses oned.conf's text; throws an error that names the place when it cannot be read. `extra` is for derived attributes. */
export function parseConfig(text: string, extra: Template = []): OnedConfig {
  let attributes: Template;
  try {
    attributes = merge(parseTemplate(BUILT_IN), [...parseTemplate(text), ...extra]);
  } catch (error) {
    if (error instanceof TemplateError) throw new Error(`oned.conf: ${error.message}`);
    throw error;
  }
  const config: OnedConfig = {
    attributes,
    get: (name) => get(attributes, name),
    all: (name) => attributes.flatMap((a) => (a.name === name && typeof a.value === "string" ? [a.value] : [])),
    vectors: (name) => vectors(attributes, name),
    number: (name) => {
      const value = get(attributes, name) ?? "";
      if (!/^\d+$/.test(value)) throw new Error(`oned.conf: ${name} must be a whole number`);
      return Number(value);
    },
    database: () => database(vectors(attributes, "DB").at(-1) ?? {}),
  };
  return config;
}

function database(db: Record<string, string>): DatabaseConfig {
  const backend = (db.BACKEND ?? "sqlite").toLowerCase();
  if (backend === "sqlite") return { backend: "sqlite" };
  if (backend !== "mysql") {
    throw new Error(`oned.conf: DB/BACKEND is a text other than "sqlite" or "mysql": only these two exist`);
  }
  const missing = ["USER", "PASSWD", "DB_NAME"].filter((name) => !db[name]);
  if (missing.length > 0) throw new Error(`oned.conf: DB/${missing.join(", DB/")} missing: BACKEND "mysql" needs it`);
  return {
    backend: "mysql",
    server: db.SERVER ?? "localhost",
    port: Number(db.PORT ?? "0"),
    user: db.USER ?? "",
    password: db.PASSWD ?? "",
    database: db.DB_NAME ?? "",
    connections: Number(db.CONNECTIONS ?? "25"),
  };
}
