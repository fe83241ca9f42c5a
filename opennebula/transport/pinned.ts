// SPDX-License-Identifier: Apache-2.0
import { utils, type Client, type ServerHostKeyAlgorithm } from "ssh2";
import { InvalidValueError } from "../errors";

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

const READY_TIMEOUT_MS = 30_000;

/**
 * What is wrong with a hop, before anything connects.
 *
 * @throws InvalidValueError when a key does not parse; the key is not shown.
 */
export function checkHop(hop: SshHop): void {
  parsePins(hop.hostKey);
  const key = utils.parseKey(hop.privateKey, hop.passphrase);
  if (key instanceof Error) throw new InvalidValueError("ssh.privateKey", "is not a private key that ssh2 can read");
}

/**
 * Connects a client; no key but the pinned ones is accepted.
 *
 * @param onError - called for every error, also those after the connection was ready.
 * @throws {@link SshRefusal} when trying again would change nothing, Error otherwise; within 30 s.
 */
export async function connectPinned(client: Client, hop: SshHop, onError: () => void): Promise<Client> {
  const where = `SSH to ${hop.user}@${hop.host}:${hop.port ?? 22}`;
  const pins = parsePins(hop.hostKey);
  let wrongKey = false;
  return new Promise<Client>((resolve, reject) => {
    client.once("ready", () => resolve(client));
    // Not `once`: ssh2 may report again after the first error, and an unheard error ends the process.
    client.on("error", (error) => {
      onError();
      client.destroy();
      reject(explain(where, error, wrongKey));
    });
    client.once("close", () => {
      onError();
      reject(new Error(`${where}: closed before it was ready`));
    });
    client.connect({
      host: hop.host,
      port: hop.port ?? 22,
      username: hop.user,
      privateKey: hop.privateKey,
      ...(hop.passphrase === undefined ? {} : { passphrase: hop.passphrase }),
      algorithms: { serverHostKey: [...new Set(pins.flatMap((pin) => pin.algorithms))] },
      hostVerifier: (key: Buffer) => {
        wrongKey = !pins.some((pin) => pin.blob.equals(key));
        return !wrongKey;
      },
      readyTimeout: READY_TIMEOUT_MS,
      keepaliveInterval: 10_000,
      keepaliveCountMax: 3,
    });
  });
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
