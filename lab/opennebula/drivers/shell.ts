// SPDX-License-Identifier: Apache-2.0

import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { createReadStream } from "node:fs";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";

/** A POSIX shell script, run with `-eu`. What is secret goes to its standard input, never into its arguments. */
export interface Script {
  text: string;
  /** `$1`, `$2`, ... */
  args?: string[];
  input?: string | Buffer | { file: string };
  signal?: AbortSignal;
}

/** Where scripts run: a host by its name, or this machine. */
export interface Shell {
  /** Standard output; rejects with what the script said on standard error. */
  on: (host: string, script: Script) => Promise<string>;
  here: (script: Script) => Promise<string>;
  /** Standard output of one script is the input of the other; undefined is this machine. */
  pipe: (from: [string | undefined, Script], to: [string | undefined, Script]) => Promise<void>;
}

const SSH_OPTIONS = {
  BatchMode: "yes",
  StrictHostKeyChecking: "yes",
  ForwardAgent: "yes",
  ConnectTimeout: "10",
  LogLevel: "ERROR",
  // One login serves the actions of a minute.
  ControlMaster: "auto",
  ControlPersist: "60",
  ControlPath: "/run/one/ssh-%C",
};

const quote = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;
const shellLine = ({ text, args = [] }: Script): string[] => ["sh", "-euc", text, "sh", ...args];

function commandOf(host: string | undefined, script: Script): string[] {
  return host === undefined ? shellLine(script) : [...sshTo(host), shellLine(script).map(quote).join(" ")];
}

/** What runs a shell's line on a host, given as one more argument. */
export function sshTo(host: string): string[] {
  const options = Object.entries(SSH_OPTIONS).flatMap(([name, value]) => ["-o", `${name}=${value}`]);
  return ["ssh", ...options, "--", host];
}

/** Scripts on hosts over SSH, as this process's user, with the known hosts of the system and the user. */
export const sshShell: Shell = {
  on: (host, script) => run(host, script),
  here: (script) => run(undefined, script),
  pipe: async (from, to) => {
    const [source, target] = [start(...from), start(...to)];
    const [reading, writing] = [finished(source, ...from), finished(target, ...to)];
    const copied = source.stdout && target.stdin ? pipeline(source.stdout, target.stdin) : Promise.resolve();
    const results = await Promise.allSettled([reading, writing, copied, fed(source, from[1])]);
    // The receiver's own words come first: a broken pipe at the sender only follows from them.
    for (const result of [results[1], results[0], results[2], results[3]])
      if (result.status === "rejected") throw result.reason;
  },
};

/** Gives a script its input. One that ends without reading it is judged by its exit status, not by the broken pipe. */
async function fed(child: ChildProcess, { input = "" }: Script): Promise<void> {
  const source = typeof input === "object" && "file" in input ? createReadStream(input.file) : Readable.from([input]);
  if (child.stdin === null) return;
  await pipeline(source, child.stdin).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") throw error;
  });
}

function start(host: string | undefined, script: Script): ChildProcess {
  const [file = "", ...args] = commandOf(host, script);
  return spawn(file, args, { stdio: ["pipe", "pipe", "pipe"], signal: script.signal, killSignal: "SIGKILL" });
}

async function run(host: string | undefined, script: Script): Promise<string> {
  const child = start(host, script);
  let output = "";
  child.stdout?.setEncoding("utf8").on("data", (text: string) => (output += text));
  const done = finished(child, host, script);
  const [ended, sent] = await Promise.allSettled([done, fed(child, script)]);
  if (ended.status === "rejected") throw ended.reason;
  if (sent.status === "rejected") throw sent.reason;
  return output;
}

const LAST_LINES = 6;

function finished(child: ChildProcess, host: string | undefined, script: Script): Promise<void> {
  const where = host ?? "front-end";
  return new Promise((resolve, reject) => {
    let errors = "";
    child.stderr?.setEncoding("utf8").on("data", (text: string) => (errors = (errors + text).slice(-8192)));
    child.once("error", (error) =>
      reject(new Error(`${where}: ${script.signal?.aborted === true ? "not done in time" : error.message}`)),
    );
    child.once("close", (code) => {
      if (code === 0) return resolve();
      const reason = errors.trim().split(/\s*\n/).slice(-LAST_LINES).join("; ");
      reject(new Error(`${where}: ${reason === "" ? `ended with status ${code ?? "unknown"}` : reason}`));
    });
  });
}
