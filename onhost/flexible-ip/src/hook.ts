// SPDX-License-Identifier: Apache-2.0
import { spawn } from "node:child_process";
import { parseXml } from "../../../opennebula/xml";
import { Deadline, type Clock } from "./clock";
import type { Log } from "./log";
import { guestPlan, type GuestPlan } from "./nics";
import { HOOK_SECONDS, parseAnswer, PROTOCOL, type BrokerAnswer, type BrokerRequest, type HookStep } from "./protocol";
import type { HostSettings } from "./settings";

/** SSH itself was refused: the next attempt would be too. */
export class SshRefused extends Error {}

/** Sends a request and returns what came back; rejects where there was no answer. */
export type AskBroker = (request: string, milliseconds: number) => Promise<string>;

export interface HookParts {
  ask: AskBroker;
  clock: Clock;
  log: Log;
}

export interface HookArgs {
  step: HookStep;
  /** The network driver (VN_MAD) that runs this hook. */
  driver: string;
  bridge: string;
  /** Standard input: a VM's XML in base64. */
  input: string;
}

/** Kept from the hook's own time, so that it can still say what happened. */
const RESERVE_SECONDS = 3;
const PAUSE = { first: 1_000, most: 5_000 };

/**
 * One hook, as OpenNebula runs it.
 *
 * @returns why the VM must not go on: each a short sentence; empty if all is well.
 */
export async function runHook(args: HookArgs, parts: HookParts): Promise<string[]> {
  const { step } = args;
  const deadline = new Deadline(HOOK_SECONDS[step] - RESERVE_SECONDS, parts.clock);
  let plan: GuestPlan;
  try {
    plan = guestPlan(decodeVm(args.input), { bridge: args.bridge, driver: args.driver });
  } catch (error) {
    return [(error as Error).message];
  }
  const { vm, addresses } = plan;
  // What has no address could not be moved in the first place, so there is nothing to give up either.
  const problems = step === "clean" ? [] : plan.problems;
  if (problems.length === 0 && addresses.length > 0) {
    try {
      const answer = await askUntil({ protocol: PROTOCOL, step, vm, addresses, seconds: 1 }, deadline, parts);
      problems.push(...answer.problems);
    } catch (error) {
      problems.push(`the broker on the front-end: ${(error as Error).message}`);
    }
  }
  for (const { address, nic } of addresses) {
    parts.log({ op: step, vm, nic, ip: address, outcome: problems.length === 0 ? "done" : "refused" });
  }
  return problems;
}

function decodeVm(input: string) {
  const text = input.replace(/\s+/g, "");
  if (text === "") throw new Error("OpenNebula gave no VM on standard input");
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(text)) throw new Error("standard input is no base64");
  try {
    const vm = parseXml("standard input", Buffer.from(text, "base64").toString("utf8"));
    if (vm.name === "VM" && vm.int("ID", -1) >= 0) return vm;
  } catch {
    // The parser's message could quote the template.
  }
  throw new Error("standard input is not a VM's XML");
}

/** The broker's requests may be repeated, so a connection that breaks is tried again while there is time. */
async function askUntil(request: BrokerRequest, deadline: Deadline, { ask }: HookParts): Promise<BrokerAnswer> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      const seconds = Math.max(1, deadline.left / 1000 - 1);
      return parseAnswer(await ask(JSON.stringify({ ...request, seconds }), deadline.left));
    } catch (error) {
      if (error instanceof SshRefused || !(await deadline.backoff(attempt, PAUSE))) throw error;
    }
  }
}

/** Command line of the connection: this host's own key, and no other broker than one with a certificate of the stack. */
export function sshArguments({ broker, user, key, knownHosts }: HostSettings): string[] {
  const options = {
    BatchMode: "yes",
    ConnectTimeout: 8,
    ControlMaster: "no",
    ControlPath: "none",
    ForwardAgent: "no",
    GlobalKnownHostsFile: knownHosts,
    IdentitiesOnly: "yes",
    IdentityAgent: "none",
    LogLevel: "ERROR",
    ServerAliveCountMax: 2,
    ServerAliveInterval: 5,
    StrictHostKeyChecking: "yes",
    UserKnownHostsFile: "/dev/null",
  };
  const flags = Object.entries(options).flatMap(([name, value]) => ["-o", `${name}=${value}`]);
  return ["-F", "/dev/null", "-T", "-i", key, ...flags, `${user}@${broker}`];
}

const REFUSALS = /Host key verification failed|Permission denied|REMOTE HOST IDENTIFICATION/;

/** Asks over SSH; what the other side does is fixed there by a forced command. */
export function overSsh(settings: HostSettings): AskBroker {
  return (request, milliseconds) =>
    new Promise((resolve, reject) => {
      const ssh = spawn("ssh", sshArguments(settings), {
        stdio: ["pipe", "pipe", "pipe"],
        timeout: Math.ceil(milliseconds),
      });
      const [out, err]: [Buffer[], Buffer[]] = [[], []];
      ssh.stdout.on("data", (chunk: Buffer) => out.push(chunk));
      ssh.stderr.on("data", (chunk: Buffer) => err.push(chunk));
      ssh.stdin.on("error", () => undefined);
      ssh.on("error", reject);
      ssh.on("close", (code, signal) => {
        if (code === 0) return resolve(Buffer.concat(out).toString("utf8"));
        const reason = Buffer.concat(err).toString("utf8").trim().split("\n").at(-1) ?? "";
        if (REFUSALS.test(reason)) return reject(new SshRefused(reason.slice(0, 200)));
        const late = signal === null ? "" : "no answer in time";
        reject(new Error(late || reason.slice(0, 200) || `ssh ended with ${String(code)}`));
      });
      ssh.stdin.end(request);
    });
}
