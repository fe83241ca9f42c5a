// SPDX-License-Identifier: Apache-2.0

/** One command line on a remote host: a new connection, one session. */
import type { Client, ClientChannel } from "ssh2";
import type { CallContext } from "../../../provider/grpc/provider";
import { dial, type Connection } from "./dial";
import { OutputCollector, runError, type Logging, type Printed } from "./output";
import { sendEnvironment, type SessionVariable } from "./ssh-environment";

/** What a run takes, wherever it runs. */
export interface RunOptions {
  stdin?: string;
  environment?: Record<string, string>;
  logging?: Logging;
  /** What the previous run printed, for the variables PULUMI_COMMAND_STDOUT and PULUMI_COMMAND_STDERR. */
  previous?: Printed;
}

/** The variables that hold the previous run's output; empty ones are not set. */
export function previousOutput(previous: Printed | undefined): SessionVariable[] {
  const variables = [
    { name: "PULUMI_COMMAND_STDOUT", value: previous?.stdout ?? "" },
    { name: "PULUMI_COMMAND_STDERR", value: previous?.stderr ?? "" },
  ];
  return variables.filter(({ value }) => value !== "");
}

/**
 * Runs a command line.
 *
 * A cancelled run that has begun goes on to its end, so that its result is kept; only dialling stops.
 *
 * @throws Error with the reason, the command line and everything that the command printed
 */
export async function runRemote(
  connection: Connection,
  commandLine: string,
  options: RunOptions,
  context: CallContext,
): Promise<Printed> {
  const client = await dial(connection, context);
  try {
    return await runSession(client, commandLine, options, context);
  } finally {
    client.end();
  }
}

/** How a command ended, as ssh2 reports it: a code, or a signal. */
type Exit = { code: number | null; signal?: string } | undefined;

function runSession(client: Client, commandLine: string, options: RunOptions, context: CallContext): Promise<Printed> {
  const output = new OutputCollector(context, options.logging ?? "stdoutAndStderr");
  return new Promise((resolve, reject) => {
    const fail = (reason: string) => reject(runError(reason, commandLine, output.everything()));
    const deadline = setDeadline(context, client, fail);
    client.once("close", () => fail("wait: remote command exited without exit status or exit signal"));
    requestEnvironment(client, options, context, reject);
    client.exec(commandLine, (error, channel) => {
      if (error) {
        clearTimeout(deadline);
        fail(`ssh: command ${error.message} failed`);
        return;
      }
      let exit: Exit;
      channel.on("data", (data: Buffer) => output.add("stdout", data));
      channel.stderr.on("data", (data: Buffer) => output.add("stderr", data));
      channel.on("exit", (code: number | null, signal?: string) => (exit = { code, signal }));
      channel.on("close", () => {
        clearTimeout(deadline);
        if (exit?.code === 0) resolve(output.finish());
        else fail(exitReason(exit));
      });
      sendInput(channel, options.stdin ?? "");
    });
  });
}

/** A command may end without reading all of its input; that is its own affair. */
function sendInput(channel: ClientChannel, stdin: string): void {
  channel.on("error", () => undefined);
  channel.end(stdin);
}

function setDeadline(context: CallContext, client: Client, fail: (reason: string) => void): NodeJS.Timeout | undefined {
  if (!(context.deadlineSeconds > 0)) return undefined;
  return setTimeout(() => {
    fail(`not done within the resource's custom timeout of ${context.deadlineSeconds} s`);
    client.destroy();
  }, context.deadlineSeconds * 1000);
}

/** The program's own variables must be taken; those with the previous output are sent hopefully. */
function requestEnvironment(
  client: Client,
  options: RunOptions,
  context: CallContext,
  reject: (error: Error) => void,
): void {
  const own = Object.entries(options.environment ?? {}).map(([name, value]) => ({ name, value }));
  const hint = (name: string) =>
    `Unable to set '${name}'. This only works if the SSH server accepts the variable (AcceptEnv in sshd_config). ` +
    "Otherwise put it before the command, as in 'VAR=value command'.";
  sendEnvironment(client, [...own, ...previousOutput(options.previous)], (refused) => {
    const fatal = refused.find((name) => own.some((variable) => variable.name === name));
    for (const name of refused) {
      if (name === fatal) context.log("error", hint(name));
      else if (fatal === undefined) context.log("warning", hint(name));
    }
    if (fatal === undefined) return true;
    reject(new Error(`could not set environment variable ${JSON.stringify(fatal)}: ssh: setenv failed`));
    client.end();
    return false;
  });
}

/** Signals whose number goes into the status, as a shell would report it. */
const SIGNALS: Record<string, number> = {
  HUP: 1,
  INT: 2,
  QUIT: 3,
  ILL: 4,
  ABRT: 6,
  FPE: 8,
  KILL: 9,
  SEGV: 11,
  PIPE: 13,
  ALRM: 14,
  TERM: 15,
};

function exitReason(exit: Exit): string {
  if (!exit) return "wait: remote command exited without exit status or exit signal";
  if (exit.code !== null) return `Process exited with status ${exit.code}`;
  const signal = (exit.signal ?? "").replace(/^SIG/, "");
  return `Process exited with status ${128 + (SIGNALS[signal] ?? 0)} from signal ${signal}`;
}
