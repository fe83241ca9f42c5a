// SPDX-License-Identifier: Apache-2.0
import { Client, type ClientChannel } from "ssh2";
import { connectPinned, Limiter, type SshHop } from "../opennebula";

export interface RemoteResult {
  exitCode: number;
  stdout: string;
  stderr: string;
}

/** An answer larger than this is no answer of ours. */
const MAX_BYTES = 16 * 1024 * 1024;

/** sshd serves ten sessions of one connection (MaxSessions); the client leaves some to others. */
const MAX_CHANNELS = 8;

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
  const session = new SshSession(hop);
  try {
    return await session.run(commandLine, input, seconds);
  } finally {
    session.close();
  }
}

/** One pinned connection to a host, opened by the first command and shared by all that follow; each has its own channel. */
export class SshSession {
  private readonly channels = new Limiter(MAX_CHANNELS);
  private connection: { client: Client; ready: Promise<Client> } | undefined;

  constructor(private readonly hop: SshHop) {}

  /**
   * Runs one command line; a connection that was lost before is made anew.
   *
   * @param input - what the command reads on standard input; where secrets go.
   * @param seconds - until the command must have ended, the wait for a free channel included.
   * @throws Error that names the host when it does not answer, shows another key, or takes too long.
   */
  async run(commandLine: string, input = "", seconds = 60): Promise<RemoteResult> {
    const where = `${this.hop.user}@${this.hop.host}`;
    const late = new Error(`${where}: the command has not ended after ${seconds} s`);
    const deadline = new AbortController();
    const timer = setTimeout(() => deadline.abort(late), seconds * 1000);
    try {
      const { signal } = deadline;
      const client = await this.connected();
      return await this.channels.run(() => execute({ client, commandLine, input, where, signal }), signal);
    } finally {
      clearTimeout(timer);
    }
  }

  /**
   * Runs one command line and passes its output on as it comes, however much and long.
   *
   * @param signal - ends the command; then this returns its reason as an error.
   * @returns what it ended with; standard output is empty.
   */
  async stream(commandLine: string, onOutput: (chunk: Buffer) => void, signal: AbortSignal): Promise<RemoteResult> {
    const where = `${this.hop.user}@${this.hop.host}`;
    const client = await this.connected();
    return this.channels.run(() => execute({ client, commandLine, input: "", where, signal, onOutput }), signal);
  }

  /** Ends the connection; what still runs fails. */
  close(): void {
    const { connection } = this;
    this.connection = undefined;
    connection?.client.end();
  }

  private connected(): Promise<Client> {
    if (this.connection === undefined) {
      const client = new Client();
      const ready = connectPinned(client, this.hop, () => this.forget(client));
      this.connection = { client, ready };
    }
    return this.connection.ready;
  }

  private forget(client: Client): void {
    if (this.connection?.client === client) this.connection = undefined;
  }
}

interface Execution {
  client: Client;
  commandLine: string;
  input: string;
  where: string;
  signal: AbortSignal;
  /** Takes standard output in place of the result. */
  onOutput?: (chunk: Buffer) => void;
}

function execute({ client, commandLine, input, where, signal, onOutput }: Execution): Promise<RemoteResult> {
  return new Promise((resolve, reject) => {
    let channel: ClientChannel | undefined;
    const cut = (): void => finish(() => reject(new Error(`${where}: the connection ended before the command did`)));
    const late = (): void =>
      finish(() => {
        channel?.close();
        reject(signal.reason as Error);
      });
    const finish = (act: () => void): void => {
      client.removeListener("close", cut);
      signal.removeEventListener("abort", late);
      act();
    };
    client.once("close", cut);
    signal.addEventListener("abort", late);
    client.exec(commandLine, (error, opened) => {
      if (error) return finish(() => reject(new Error(`${where}: ${error.message}`, { cause: error })));
      channel = opened;
      if (signal.aborted) return late();
      const output = { stdout: [] as Buffer[], stderr: [] as Buffer[] };
      let bytes = 0;
      const collect = (into: Buffer[]) => (chunk: Buffer) => {
        bytes += chunk.length;
        if (bytes > MAX_BYTES)
          return finish(() => {
            opened.close();
            reject(new Error(`${where}: the answer is larger than ${MAX_BYTES} bytes`));
          });
        into.push(chunk);
      };
      opened.on("data", onOutput ?? collect(output.stdout));
      opened.stderr.on("data", collect(output.stderr));
      // Input that nobody reads is no failure.
      opened.on("error", () => undefined);
      opened.on("close", (exitCode: number | null) =>
        finish(() =>
          resolve({
            exitCode: exitCode ?? -1,
            stdout: Buffer.concat(output.stdout).toString(),
            stderr: Buffer.concat(output.stderr).toString(),
          }),
        ),
      );
      opened.end(input);
    });
  });
}
