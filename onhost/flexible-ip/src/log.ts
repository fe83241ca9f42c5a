// SPDX-License-Identifier: Apache-2.0
import { spawn, type ChildProcessByStdio } from "node:child_process";
import type { Writable } from "node:stream";

/** What may be logged: names, numbers, addresses and outcomes. There is no field for a template, a context or a key. */
export interface LogFields {
  op: string;
  host?: string;
  vm?: number;
  nic?: string;
  ip?: string;
  /** Scaleway's id of the request, for its support. */
  request?: string;
  outcome: string;
}

export type Log = (fields: LogFields) => void;

/** One line, `key=value`; values with blanks are quoted. */
export function logLine(fields: LogFields): string {
  return Object.entries(fields)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => `${key}=${/^[\w.:/-]+$/.test(String(value)) ? value : JSON.stringify(value)}`)
    .join(" ");
}

/** For programs whose standard error systemd keeps. */
export const stderrLog: Log = (fields) => void process.stderr.write(`${logLine(fields)}\n`);

/** To the system log: where a program's standard error goes to somebody else (OpenNebula, an SSH client). */
export function systemLog(): Log {
  let logger: ChildProcessByStdio<Writable, null, null> | undefined;
  return (fields) => {
    logger ??= startLogger();
    logger.stdin.write(`${logLine(fields)}\n`);
  };
}

function startLogger(): ChildProcessByStdio<Writable, null, null> {
  const logger = spawn("logger", ["--tag", "opennebula-flexible-ip"], { stdio: ["pipe", "ignore", "ignore"] });
  // A host without a log is no reason to leave a VM without its address.
  logger.on("error", () => undefined);
  logger.stdin.on("error", () => undefined);
  logger.unref();
  return logger;
}
