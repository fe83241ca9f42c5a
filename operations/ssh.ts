// SPDX-License-Identifier: Apache-2.0
import { Client } from "ssh2";
import { connectPinned, type SshHop } from "../opennebula";

export interface RemoteResult {
  exitCode: number;
  stdout: string;
  stderr: string;
}

/** An answer larger than this is no answer of ours. */
const MAX_BYTES = 16 * 1024 * 1024;

/**
 * Runs one command line over a new pinned connection.
 *
 * @param input - what the command reads on standard input; where secrets go.
 * @param seconds - until the command must have ended.
 * @throws Error that names the host when it does not answer, shows another key, or takes too long.
 */
export async function runRemote(
  hop: SshHop,
  commandLine: string,
  input: string,
  seconds: number,
): Promise<RemoteResult> {
  const client = new Client();
  try {
    await connectPinned(client, hop, () => undefined);
    return await execute(client, commandLine, input, { seconds, where: `${hop.user}@${hop.host}` });
  } finally {
    client.end();
  }
}

function execute(
  client: Client,
  commandLine: string,
  input: string,
  limit: { seconds: number; where: string },
): Promise<RemoteResult> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(
      () => reject(new Error(`${limit.where}: the command has not ended after ${limit.seconds} s`)),
      limit.seconds * 1000,
    );
    const finish = (act: () => void): void => {
      clearTimeout(timer);
      act();
    };
    client.once("close", () =>
      finish(() => reject(new Error(`${limit.where}: the connection ended before the command did`))),
    );
    client.exec(commandLine, (error, channel) => {
      if (error) return finish(() => reject(error));
      const output = { stdout: [] as Buffer[], stderr: [] as Buffer[] };
      let bytes = 0;
      const collect = (into: Buffer[]) => (chunk: Buffer) => {
        bytes += chunk.length;
        if (bytes > MAX_BYTES)
          return finish(() => reject(new Error(`${limit.where}: the answer is larger than ${MAX_BYTES} bytes`)));
        into.push(chunk);
      };
      channel.on("data", collect(output.stdout));
      channel.stderr.on("data", collect(output.stderr));
      channel.on("close", (exitCode: number | null) =>
        finish(() =>
          resolve({
            exitCode: exitCode ?? -1,
            stdout: Buffer.concat(output.stdout).toString(),
            stderr: Buffer.concat(output.stderr).toString(),
          }),
        ),
      );
      channel.end(input);
    });
  });
}
