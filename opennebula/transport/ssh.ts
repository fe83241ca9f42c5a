// SPDX-License-Identifier: Apache-2.0
import type { Duplex } from "node:stream";
import { Client, type ClientChannel } from "ssh2";
import type { Address, Dialer } from "./dial";
import { checkHop, connectPinned, type SshHop } from "./pinned";

/** One SSH connection, opened by the first call and shared by those after it; every call has its own channel. */
export class SshDialer implements Dialer {
  private connection: { client: Client; ready: Promise<Client> } | undefined;
  private channels = 0;
  private idle: NodeJS.Timeout | undefined;

  /**
   * @param idleSeconds - how long an unused connection is kept.
   * @throws InvalidValueError when a key does not parse; the key is not shown.
   */
  constructor(
    private readonly hop: SshHop,
    private readonly idleSeconds = 5,
  ) {
    checkHop(hop);
  }

  async dial(address: Address, signal: AbortSignal): Promise<Duplex> {
    this.channels += 1;
    clearTimeout(this.idle);
    try {
      const client = await abortable(this.connected(), signal);
      const channel = await abortable(forward(client, address), signal, (late) => late.destroy());
      channel.once("close", () => this.released());
      return asSocket(channel);
    } catch (error) {
      this.released();
      throw error;
    }
  }

  close(): void {
    clearTimeout(this.idle);
    const { connection } = this;
    this.connection = undefined;
    // Also one that is still being made.
    connection?.client.destroy();
  }

  private released(): void {
    this.channels -= 1;
    if (this.channels > 0) return;
    clearTimeout(this.idle);
    this.idle = setTimeout(() => this.close(), this.idleSeconds * 1000);
    this.idle.unref();
  }

  private connected(): Promise<Client> {
    if (this.connection === undefined) {
      const client = new Client();
      const ready = connectPinned(client, this.hop, () => this.forget(client));
      this.connection = { client, ready };
      ready.catch(() => this.forget(client));
    }
    return this.connection.ready;
  }

  private forget(client: Client): void {
    if (this.connection?.client === client) this.connection = undefined;
  }
}

async function forward(client: Client, address: Address): Promise<ClientChannel> {
  return new Promise((resolve, reject) => {
    client.forwardOut("127.0.0.1", 0, address.host, address.port, (error, channel) => {
      if (error === undefined) resolve(channel);
      else
        reject(
          new Error(`the SSH server could not open ${address.host}:${address.port}: ${error.message}`, {
            cause: error,
          }),
        );
    });
  });
}

async function abortable<T>(work: Promise<T>, signal: AbortSignal, late?: (value: T) => void): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = (): void => {
      reject(signal.reason as Error);
      if (late !== undefined) work.then(late, () => undefined);
    };
    if (signal.aborted) return abort();
    signal.addEventListener("abort", abort, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener("abort", abort));
  });
}

/** Node's HTTP client expects a few methods of a socket that a channel has no use for. */
function asSocket(channel: ClientChannel): Duplex {
  const none = (): ClientChannel => channel;
  return Object.assign(channel, { setNoDelay: none, setKeepAlive: none, setTimeout: none, ref: none, unref: none });
}
