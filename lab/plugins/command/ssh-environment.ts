// SPDX-License-Identifier: Apache-2.0

/**
 * Environment variables of an SSH session, with the server's answer to each.
 *
 * ssh2 sends them without asking for an answer, so that a refused variable is silently missing. Here they are sent with one,
 * and the command is only started when all answers are there. That needs three members of ssh2's client that are not in its
 * types (version 1.17.0).
 */
import type { Client } from "ssh2";

interface SessionChannel {
  outgoing?: { id: number };
  _callbacks: ((failed: boolean | Error) => void)[];
}

interface ClientInternals {
  _chanMgr: { _channels: Record<string, SessionChannel | undefined> };
  _protocol: {
    env(channel: number, name: string, value: string, wantReply: boolean): void;
    exec(channel: number, command: string, wantReply: boolean): void;
  };
}

export interface SessionVariable {
  name: string;
  value: string;
}

/**
 * Makes the next command of this connection wait for its variables.
 *
 * @param onRefused called with the names that the server refused, before the command runs; false keeps it from running
 */
export function sendEnvironment(
  client: Client,
  variables: SessionVariable[],
  onRefused: (names: string[]) => boolean,
): void {
  if (variables.length === 0) return;
  const { _protocol: protocol, _chanMgr: channels } = client as unknown as ClientInternals;
  const startCommand = protocol.exec.bind(protocol);
  protocol.exec = (id, command, wantReply) => {
    const channel = Object.values(channels._channels).find((candidate) => candidate?.outgoing?.id === id);
    if (!channel) throw new Error("ssh: the session was closed before it began");
    const refused: string[] = [];
    const answers = variables.map(({ name }, index) => (failed: boolean | Error) => {
      if (failed !== false) refused.push(name);
      if (index < variables.length - 1) return;
      if (refused.length === 0 || onRefused(refused)) startCommand(id, command, wantReply);
    });
    // Answers come in the order of the requests, and the command's own is waited for already.
    channel._callbacks.unshift(...answers);
    for (const { name, value } of variables) protocol.env(id, name, value, true);
  };
}
