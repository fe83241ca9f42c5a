// SPDX-License-Identifier: Apache-2.0

/** The daemon as the `opennebula` package runs it: `oned [-v | -f]`. */

import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { closeSync, existsSync, fsyncSync, mkdirSync, openSync, readFileSync, renameSync, writeSync } from "node:fs";
import { join } from "node:path";
import { sshDrivers, withScripts } from "../drivers";
import { gateToken } from "../services/gate-token";
import { parseConfig } from "./config";
import { startOned } from "./index";
import { log as makeLog } from "./log";
import type { Log } from "./log";
import { STAND_IN } from "./server";
import { sshProber } from "./sshprobe";
import { fileStore } from "./store-file";
import { mysqlStore } from "./store-mysql";
import { parseTemplate, vectors } from "./template";
import type { Store } from "./store";

const VERSION = process.env.ONE_STANDIN_VERSION ?? "7.0.0";
const ETC = process.env.ONE_ETC_DIR ?? "/etc/one";
const VAR = process.env.ONE_VAR_DIR ?? "/var/lib/one";
const LOG_DIR = process.env.ONE_LOG_DIR ?? "/var/log/one";

/** Files with serveradmin's password, one for each service; 7.2 added OneForm. */
const SERVICE_AUTH = ["sunstone_auth", "oneflow_auth", "onegate_auth", ...(VERSION >= "7.2" ? ["oneform_auth"] : [])];

function replaceFile(path: string, text: string): void {
  const file = openSync(`${path}.new`, "w", 0o600);
  writeSync(file, text);
  fsyncSync(file);
  closeSync(file);
  renameSync(`${path}.new`, path);
}

/** Reads `name:password` of a file in ~/.one; undefined when the file is missing or empty. */
function auth(name: string): string | undefined {
  const path = join(VAR, ".one", name);
  const text = existsSync(path) ? readFileSync(path, "utf8").trim() : "";
  if (text !== "" && !/^[^:]+:.+$/.test(text)) throw new Error(`${path}: must be one line name:password`);
  return text === "" ? undefined : text;
}

/**
 * serveradmin's password: from a file of an earlier, interrupted first start, else new. The files are written before
 * the database is, so that a kill between the two leaves nothing that does not fit together.
 */
function serviceAuth(): string {
  mkdirSync(join(VAR, ".one"), { recursive: true, mode: 0o700 });
  const kept = SERVICE_AUTH.map(auth).find((text) => text !== undefined);
  const text = kept ?? `serveradmin:${randomBytes(32).toString("hex")}`;
  for (const name of SERVICE_AUTH) if (auth(name) === undefined) replaceFile(join(VAR, ".one", name), `${text}\n`);
  return passwordIn(text);
}

/** Of a line `name:password`. */
function passwordIn(line: string): string {
  return line.slice(line.indexOf(":") + 1);
}

/** Tells systemd that the service is up (Type=notify); Node has no datagram sockets for it. */
function ready(): Promise<void> {
  if (process.env.NOTIFY_SOCKET === undefined) return Promise.resolve();
  return new Promise((resolve) => {
    const child = spawn("systemd-notify", ["--ready", `--status=${STAND_IN}, ${VERSION}`], { stdio: "inherit" });
    child.once("error", (error) => {
      process.stderr.write(`systemd-notify: ${error.message}\n`);
      resolve();
    });
    child.once("close", () => resolve());
  });
}

function fileLog(debugLevel: number): Log {
  const path = join(LOG_DIR, "oned.log");
  // Opened for every line, so that logrotate needs no signal.
  return makeLog((line) => {
    const file = openSync(path, "a", 0o640);
    writeSync(file, `${line}\n`);
    closeSync(file);
  }, debugLevel);
}

/** Seconds between two contacts with a host, from monitord.conf. */
function probeInterval(): number {
  const path = join(ETC, "monitord.conf");
  const periods = existsSync(path) ? vectors(parseTemplate(readFileSync(path, "utf8")), "PROBES_PERIOD") : [];
  const text = periods.at(-1)?.BEACON_HOST ?? "30";
  if (!/^[1-9]\d*$/.test(text)) throw new Error(`${path}: PROBES_PERIOD/BEACON_HOST must be a whole number of seconds`);
  return Number(text);
}

async function main(): Promise<void> {
  if (process.argv.includes("-v")) {
    process.stdout.write(
      `OpenNebula ${VERSION} (${STAND_IN})\nThis is not OpenNebula: it answers like its daemon, for tests.\n`,
    );
    return;
  }
  const text = readFileSync(join(ETC, "oned.conf"), "utf8");
  const config = parseConfig(text);
  const level = Number(config.vectors("LOG").at(-1)?.DEBUG_LEVEL ?? "3");
  const log = fileLog(level);
  process.stdout.write(`OpenNebula ${VERSION}: this is the ${STAND_IN}\n`);
  log.info("ONE", `Starting OpenNebula ${VERSION}: this is the ${STAND_IN}`);
  const db = config.database();
  const store: Store = db.backend === "mysql" ? await mysqlStore(db) : await fileStore(join(VAR, "one.db"));
  const fresh = (await store.load()).length === 0;
  const oneAuth = auth("one_auth");
  if (fresh && oneAuth === undefined) {
    throw new Error(`${join(VAR, ".one/one_auth")}: missing; before the first start it must hold oneadmin:password`);
  }
  const oned = await startOned({
    store,
    config: text,
    version: VERSION,
    ...(oneAuth !== undefined && { oneAuth }),
    ...(fresh && { serverPassword: serviceAuth() }),
    prober: withScripts(sshProber),
    drivers: sshDrivers({ token: (vmId) => gateToken(passwordIn(auth("onegate_auth") ?? ""), vmId) }),
    monitorInterval: probeInterval(),
    log,
  });
  if (oned.firstStart) log.info("ONE", `First start: objects made in the ${store.description}`);
  log.info("ReM", `Starting XML-RPC server, port ${oned.port} ...`);
  await ready();
  const stop = (): void => {
    log.info("ONE", "Stopping OpenNebula...");
    void oned.close().then(() => process.exit(0));
  };
  process.once("SIGTERM", stop);
  process.once("SIGINT", stop);
}

main().catch((error: unknown) => {
  process.stderr.write(`oned (stand-in): ${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
});
