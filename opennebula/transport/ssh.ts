// SPDX-License-Identifier: Apache-2.0
import type { Duplex } from "node:stream";
import { Client, utils, type ClientChannel, type ServerHostKeyAlgorithm } from "ssh2";
import { InvalidValueError } from "../errors";
import type { Address, Dialer } from "./dial";

/** An SSH server through which oned is reached; oned's port need not be public. */
export interface SshHop {
  host: string;
  /** @default 22 */
  port?: number;
  user: string;
  /** OpenSSH or PEM text. */
  privateKey: string;
  /** Only for an encrypted key. */
  passphrase?: string;
  /** The server's public key, `ssh-ed25519 AAAA...`; several, one a line, while keys are being changed. Nothing else is accepted. */
  hostKey: string;
}

/** One SSH connection, opened by the first call and shared by those after it; every call has its own channel. */
export class SshDialer implements Dialer {
  private connection: { client: Client; ready: Promise<Client> } | undefined;
  private channels = 0;
  private idle: NodeJS.Timeout | undefined;
  private readonly pins: PinnedKey[];

  /**
   * @param idleSeconds - how long an unused connection is kept.
   * @throws InvalidValueError when a key does not parse; the key is not shown.
   */
  constructor(
    private readonly hop: SshHop,
    private readonly idleSeconds = 5,
  ) {
    this.pins = parsePins(hop.hostKey);
    const key = utils.parseKey(hop.privateKey, hop.passphrase);
    if (key instanceof Error) throw new InvalidValueError("ssh.privateKey", "is not a private key that ssh2 can read");
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
      this.connection = { client, ready: this.connect(client) };
    }
    return this.connection.ready;
  }

  private async connect(client: Client): Promise<Client> {
    const forget = (): void => {
      if (this.connection?.client === client) this.connection = undefined;
    };
    const where = `SSH to ${this.hop.user}@${this.hop.host}:${this.hop.port ?? 22}`;
    let wrongKey = false;
    return new Promise<Client>((resolve, reject) => {
      client.once("ready", () => resolve(client));
      // Not `once`: ssh2 may report again after the first error, and an unheard error ends the process.
      client.on("error", (error) => {
        forget();
        client.destroy();
        reject(explain(where, error, wrongKey));
      });
      client.once("close", () => {
        forget();
        reject(new Error(`${where}: closed before it was ready`));
      });
      client.connect({
        host: this.hop.host,
        port: this.hop.port ?? 22,
        username: this.hop.user,
        privateKey: this.hop.privateKey,
        ...(this.hop.passphrase === undefined ? {} : { passphrase: this.hop.passphrase }),
        algorithms: { serverHostKey: [...new Set(this.pins.flatMap((pin) => pin.algorithms))] },
        hostVerifier: (key: Buffer) => {
          wrongKey = !this.pins.some((pin) => pin.blob.equals(key));
          return !wrongKey;
        },
        readyTimeout: 30_000,
        keepaliveInterval: 10_000,
        keepaliveCountMax: 3,
      });
    });
  }
}

/** The server answered, and trying again would change nothing: not the pinned host, or a login that it refuses. */
export class SshRefusal extends Error {}

function explain(where: string, error: Error & { level?: string }, offeredWrongKey: boolean): Error {
  if (offeredWrongKey) {
    const cure = "if it was reinstalled on purpose, pin its new key, else somebody sits in between";
    return new SshRefusal(`${where}: the server's host key is not the pinned one; ${cure}`, { cause: error });
  }
  if (error.level === "client-authentication") {
    return new SshRefusal(`${where}: the server refuses the login; is the key in the user's authorized_keys?`, {
      cause: error,
    });
  }
  if (error.level === "handshake" && /no matching/i.test(error.message)) {
    return new SshRefusal(`${where}: ${error.message}; the server does not offer a key of the pinned type`, {
      cause: error,
    });
  }
  return new Error(`${where}: ${error.message}`, { cause: error });
}

interface PinnedKey {
  blob: Buffer;
  algorithms: ServerHostKeyAlgorithm[];
}

function parsePins(text: string): PinnedKey[] {
  const lines = text.split("\n").map((line) => line.trim());
  const pins = lines.filter((line) => line !== "" && !line.startsWith("#")).map(parsePin);
  if (pins.length === 0) throw new InvalidValueError("ssh.hostKey", "is empty; give the server's public key");
  return pins;
}

function parsePin(line: string): PinnedKey {
  const key = utils.parseKey(line);
  if (key instanceof Error) {
    throw new InvalidValueError("ssh.hostKey", 'is not a public key in the form "ssh-ed25519 AAAA..."');
  }
  // An RSA key is offered under the names of its signature algorithms.
  const algorithms = key.type === "ssh-rsa" ? ["rsa-sha2-512", "rsa-sha2-256"] : [key.type];
  return { blob: key.getPublicSSH(), algorithms: algorithms as ServerHostKeyAlgorithm[] };
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
