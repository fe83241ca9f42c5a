// SPDX-License-Identifier: Apache-2.0

import { spawn } from "node:child_process";
import type { ProbeResult, Prober } from "./monitor";
import { dummyProber } from "./monitor";

/** Where opennebula-node-kvm installs the probe on a node. */
export const PROBE_PATH = "/usr/lib/one/kvm-probe";

/** The drivers that the stand-in contacts hosts for. */
const SSH_DRIVERS = ["kvm", "qemu"];
const DEADLINE_MS = 30_000;

/**
 * Contacts hosts as the caller's user over SSH, with the system's and the user's known hosts only: an unknown or
 * changed key is an error. The `dummy` driver keeps its own prober.
 */
export const sshProber: Prober = (host) => {
  if (!SSH_DRIVERS.includes(host.imMad)) return dummyProber(host);
  const options = ["BatchMode=yes", "StrictHostKeyChecking=yes", "ConnectTimeout=10", "LogLevel=ERROR"];
  const args = [...options.flatMap((option) => ["-o", option]), "--", host.name, PROBE_PATH];
  return run("ssh", args).then(parseProbe);
};

function run(command: string, args: string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      stdio: ["ignore", "pipe", "pipe"],
      timeout: DEADLINE_MS,
      killSignal: "SIGKILL",
    });
    let output = "";
    let errors = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => (output += text));
    child.stderr.setEncoding("utf8").on("data", (text: string) => (errors += text));
    child.once("error", (error) => reject(new Error(`cannot run ${command}: ${error.message}`)));
    child.once("close", (code) => {
      if (code === 0) return resolve(output);
      const reason = errors.trim().split(/\s*\n/).slice(-3).join("; ");
      if (code === 127) reject(new Error(`${PROBE_PATH} is missing: opennebula-node-kvm is not installed (${reason})`));
      else if (code === null) reject(new Error(`no answer within ${DEADLINE_MS / 1000} s`));
      else reject(new Error(reason === "" ? `${command} ended with status ${code}` : reason));
    });
  });
}

/** Reads the probe's `NAME=value` lines; throws an error that names a missing or malformed figure. */
export function parseProbe(text: string): ProbeResult {
  const values = new Map<string, string>();
  for (const line of text.split("\n")) {
    const equals = line.indexOf("=");
    if (equals > 0) values.set(line.slice(0, equals), line.slice(equals + 1));
  }
  const number = (name: string): number => {
    const value = values.get(name) ?? "";
    if (!/^\d+$/.test(value)) throw new Error(`the probe gave no whole number for ${name}`);
    return Number(value);
  };
  const figures = {
    totalCpu: number("TOTALCPU"),
    usedCpu: number("USEDCPU"),
    totalMemory: number("TOTALMEMORY"),
    usedMemory: number("USEDMEMORY"),
    maxDisk: number("MAXDISK"),
    freeDisk: number("FREEDISK"),
  };
  const shown = ["ARCH", "CPUSPEED", "HOSTNAME", "HYPERVISOR", "KVM_MACHINES", "LIBVIRT_VERSION", "MODELNAME"];
  const attributes = Object.fromEntries(
    [...shown, "TOTALCPU", "TOTALMEMORY", "VERSION"].flatMap((name) => {
      const value = values.get(name);
      return value === undefined ? [] : [[name, value]];
    }),
  ) as Record<string, string>;
  return { capacity: figures, netrx: number("NETRX"), nettx: number("NETTX"), attributes };
}
