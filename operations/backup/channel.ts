// SPDX-License-Identifier: Apache-2.0
import { Client, type ClientChannel } from "ssh2";
import { connectPinned, type SshHop } from "../../opennebula";

/** A command on a host whose input and output are streams of any length. */
export interface Channel {
  stdin: NodeJS.WritableStream;
  stdout: AsyncIterable<Buffer>;
  /** Rejects when the command ends with anything but 0, or later than it may. */
  ended: Promise<void>;
  close(): void;
}

/**
 * Runs one command line over a connection of its own.
 *
 * @param seconds - until it must have ended.
 */
export async function openChannel(hop: SshHop, commandLine: string, seconds: number): Promise<Channel> {
  const client = new Client();
  let lost: ((error: Error) => void) | undefined;
  const where = `${hop.user}@${hop.host}`;
  await connectPinned(client, hop, () => lost?.(new Error(`${where}: the connection ended before the command did`)));
  const channel = await new Promise<ClientChannel>((resolve, reject) =>
    client.exec(commandLine, (error, opened) => (error ? reject(error) : resolve(opened))),
  ).catch((error: unknown) => {
    client.end();
    throw error;
  });
  let errors = "";
  channel.stderr.setEncoding("utf8").on("data", (text: string) => (errors = (errors + text).slice(-4000)));
  const ended = new Promise<void>((resolve, reject) => {
    const timer = setTimeout(
      () => fail(new Error(`${where}: the command has not ended after ${seconds} s`)),
      seconds * 1000,
    );
    const fail = (error: Error): void => {
      clearTimeout(timer);
      channel.destroy();
      reject(error);
    };
    lost = fail;
    channel.on("close", (code: number | null) => {
      clearTimeout(timer);
      const last = errors.trim().split("\n").at(-1) ?? "";
      if (code === 0) resolve();
      else reject(new Error(`${where}: ${last === "" ? `exit status ${code ?? "unknown"}` : last}`));
    });
  });
  ended.catch(() => undefined);
  // A command that reads no further says itself why.
  channel.on("error", () => undefined);
  return { stdin: channel, stdout: channel as AsyncIterable<Buffer>, ended, close: () => client.end() };
}
