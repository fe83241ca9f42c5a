// SPDX-License-Identifier: Apache-2.0
import type { types } from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";

/** How a host is reached by SSH. */
export interface HostConnection {
  /** Address or name. */
  host: pulumi.Input<string>;
  /** @default 22 */
  port?: pulumi.Input<number>;
  /** Login with sudo without password. */
  user: string;
  /** In OpenSSH's or PEM format; a secret. */
  privateKey: pulumi.Input<string>;
  /** The only key accepted from the host, as an `authorized_keys` line. There is no way to leave it out. */
  hostKey: pulumi.Input<string>;
}

/** How often and how long a connection is tried. */
export interface Dialling {
  /** Attempts after the first. */
  retries: number;
  /** Seconds for each attempt. */
  seconds: number;
}

/** For hosts that are known to be up: half a minute of patience for a reboot or a full queue. */
export const ORDINARY_DIAL: Dialling = { retries: 3, seconds: 10 };

type CommandConnection = pulumi.Output<types.input.remote.ConnectionArgs>;

/** A host has a dozen commands: what they share is made once, which matters in clouds of many hosts. */
const made = new WeakMap<HostConnection, Map<string, CommandConnection>>();

/**
 * The command provider's connection, always built here and always secret as a whole: one that is secret in one run and plain in
 * the next re-runs its command.
 */
export function commandConnection(connection: HostConnection, dial: Dialling = ORDINARY_DIAL): CommandConnection {
  const ofHost = made.get(connection) ?? new Map<string, CommandConnection>();
  made.set(connection, ofHost);
  const key = `${dial.retries} ${dial.seconds}`;
  const known = ofHost.get(key);
  if (known !== undefined) return known;
  const built = pulumi.secret({
    host: connection.host,
    port: connection.port ?? 22,
    user: connection.user,
    privateKey: connection.privateKey,
    hostKey: pulumi.output(connection.hostKey).apply(pinnedKey),
    dialErrorLimit: dial.retries,
    perDialTimeout: dial.seconds,
  });
  ofHost.set(key, built);
  return built;
}

/**
 * The key, unless it is none: the command provider takes any host for the right one where the key is empty.
 *
 * @throws Error for what is no `authorized_keys` line.
 */
export function pinnedKey(hostKey: string): string {
  if (/^(?:ssh-|ecdsa-)\S+ \S/.test(hostKey)) return hostKey;
  throw new Error(
    "hostKey: must be the host's public key as in authorized_keys; without it any host would be accepted",
  );
}
