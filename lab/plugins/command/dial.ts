// SPDX-License-Identifier: Apache-2.0

/** SSH connections as the command provider makes them: pinned host key, bounded and growing retries, optional proxy. */
import * as net from "node:net";
import type { Duplex } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import { Client, utils, type ConnectConfig, type ParsedKey } from "ssh2";
import { parsePrivateKey } from "sshpk";
import type { CallContext } from "../../../provider/grpc/provider";

/** One end of `connection`; defaults filled in by check. */
export interface Endpoint {
  host: string;
  port: number;
  user: string;
  password?: string;
  privateKey?: string;
  privateKeyPassword?: string;
  /** Only used if given: a lab must not depend on the agent of whoever runs it. */
  agentSocketPath?: string;
  /** Attempts after the first one; -1 for no limit. */
  dialErrorLimit: number;
  /** Seconds to connect; 0 for no limit. */
  perDialTimeout: number;
  /** A line as in authorized_keys. Without it any key is taken. */
  hostKey?: string;
}

export interface Connection extends Endpoint {
  proxy?: Endpoint;
}

/** Pauses between attempts, in milliseconds. */
const FIRST_PAUSE = 100;
const PAUSE_GROWTH = 1.5;
const LONGEST_PAUSE = 5000;

/** A server that accepts the connection and then says nothing (milliseconds). */
const HANDSHAKE_TIMEOUT = 60_000;

/** A host that loses its power while a command runs is noticed after interval x count (milliseconds). */
const KEEPALIVE = { keepaliveInterval: 15_000, keepaliveCountMax: 4 };

/**
 * Opens a connection. The caller ends it.
 *
 * @throws Error `after N failed attempts: ...`, with the last attempt's reason; at once if a key cannot be read
 */
export async function dial(connection: Connection, context: CallContext): Promise<Client> {
  const config = clientConfig(connection);
  if (!connection.proxy) {
    return retry("Dial", connection, context, async () => handshake(config, await connectTcp(connection)));
  }
  const proxyEnd = connection.proxy;
  const proxyConfig = prefixed("proxy", () => clientConfig(proxyEnd));
  const proxy = await dialProxy(proxyEnd, proxyConfig, context);
  try {
    const client = await retry("Dial from proxy", connection, context, async () =>
      handshake(config, await forward(proxy, connection)),
    );
    client.once("close", () => proxy.end());
    return client;
  } catch (error) {
    proxy.end();
    throw withPrefix("proxy", error);
  }
}

async function dialProxy(proxy: Endpoint, config: ConnectConfig, context: CallContext): Promise<Client> {
  try {
    return await retry("Dial proxy", proxy, context, async () => handshake(config, await connectTcp(proxy)));
  } catch (error) {
    throw withPrefix("proxy", error);
  }
}

function prefixed<T>(prefix: string, action: () => T): T {
  try {
    return action();
  } catch (error) {
    throw withPrefix(prefix, error);
  }
}

function withPrefix(prefix: string, error: unknown): Error {
  return new Error(`${prefix}: ${error instanceof Error ? error.message : String(error)}`);
}

async function retry<T>(what: string, endpoint: Endpoint, context: CallContext, attempt: () => Promise<T>): Promise<T> {
  const limit = endpoint.dialErrorLimit;
  let pause = FIRST_PAUSE;
  for (let failures = 0; ;) {
    context.signal.throwIfAborted();
    try {
      return await attempt();
    } catch (error) {
      if (limit >= 0 && failures >= limit) throw withPrefix(`after ${failures} failed attempts`, error);
      failures += 1;
      context.log("info", `${what} ${failures}/${limit < 0 ? "inf" : limit} failed: retrying`, true);
    }
    await sleep(pause, undefined, { signal: context.signal });
    pause = Math.min(pause * PAUSE_GROWTH, LONGEST_PAUSE);
  }
}

/** Everything but the socket. Reads the keys, so that a wrong one is refused before the first attempt. */
function clientConfig(endpoint: Endpoint): ConnectConfig {
  const config: ConnectConfig = { username: endpoint.user, readyTimeout: HANDSHAKE_TIMEOUT, ...KEEPALIVE };
  const methods: ("none" | "publickey" | "password" | "keyboard-interactive" | "agent")[] = [];
  if (endpoint.privateKey !== undefined) {
    config.privateKey = readPrivateKey(endpoint.privateKey, endpoint.privateKeyPassword);
    if (endpoint.privateKeyPassword !== undefined) config.passphrase = endpoint.privateKeyPassword;
    methods.push("publickey");
  }
  if (endpoint.password !== undefined) {
    config.password = endpoint.password;
    config.tryKeyboard = true;
    methods.push("password", "keyboard-interactive");
  }
  if (endpoint.agentSocketPath !== undefined) {
    config.agent = endpoint.agentSocketPath;
    methods.push("agent");
  }
  config.authHandler = methods.length > 0 ? methods : ["none"];
  if (endpoint.hostKey === undefined) return { ...config, hostVerifier: () => true };
  const pinned = readPublicKey(endpoint.hostKey);
  const wanted = pinned.getPublicSSH();
  return {
    ...config,
    // Only this kind of key is asked for: a host that has several would otherwise show another one.
    algorithms: { serverHostKey: [pinned.type] },
    hostVerifier: (key: Buffer) => key.equals(wanted),
  };
}

/** ssh2 reads OpenSSH and traditional PEM keys; PKCS #8 becomes an OpenSSH one. The message never holds the key. */
function readPrivateKey(text: string, passphrase: string | undefined): string {
  const key = /-----BEGIN (ENCRYPTED )?PRIVATE KEY-----/.test(text) ? convertPkcs8(text, passphrase) : text;
  const parsed = utils.parseKey(key, passphrase);
  if (parsed instanceof Error) {
    const protectedKey = passphrase === undefined && /passphrase|encrypted/i.test(parsed.message);
    throw new Error(protectedKey ? "ssh: this private key is passphrase protected" : "ssh: no key found");
  }
  return key;
}

function convertPkcs8(text: string, passphrase: string | undefined): string {
  try {
    return parsePrivateKey(text, "pkcs8", passphrase === undefined ? {} : { passphrase }).toString("ssh-private");
  } catch {
    throw new Error("ssh: no key found");
  }
}

function readPublicKey(line: string): ParsedKey {
  const parsed = utils.parseKey(line);
  if (parsed instanceof Error || parsed.isPrivateKey()) throw new Error("failed to parse host key: ssh: no key found");
  return parsed;
}

/** Texts of a failed connect as Go's network library has them. */
const CONNECT_ERRORS: Record<string, string> = {
  ECONNREFUSED: "connect: connection refused",
  EHOSTUNREACH: "connect: no route to host",
  ENETUNREACH: "connect: network is unreachable",
  ECONNRESET: "connect: connection reset by peer",
  ETIMEDOUT: "connect: connection timed out",
};

function connectTcp({ host, port, perDialTimeout }: Endpoint): Promise<net.Socket> {
  const where = `dial tcp ${host.includes(":") ? `[${host}]` : host}:${port}`;
  return new Promise((resolve, reject) => {
    const socket = net.connect({ host, port });
    const fail = (reason: string) => {
      socket.destroy();
      reject(new Error(`${where}: ${reason}`));
    };
    if (perDialTimeout > 0) socket.setTimeout(perDialTimeout * 1000, () => fail("i/o timeout"));
    socket.once("error", (error: NodeJS.ErrnoException) => fail(CONNECT_ERRORS[error.code ?? ""] ?? error.message));
    socket.once("connect", () => {
      // Small packets to and fro: with Nagle's algorithm a login takes three times as long.
      socket.setNoDelay(true);
      socket.setTimeout(0);
      socket.removeAllListeners("error");
      resolve(socket);
    });
  });
}

function forward(proxy: Client, { host, port }: Endpoint): Promise<Duplex> {
  return new Promise((resolve, reject) => {
    proxy.forwardOut("127.0.0.1", 0, host, port, (error, stream) => {
      if (error) reject(new Error(`ssh: rejected: ${error.message}`));
      else resolve(stream);
    });
  });
}

function handshake(config: ConnectConfig, sock: Duplex): Promise<Client> {
  return new Promise((resolve, reject) => {
    const client = new Client();
    const fail = (reason: string) => {
      client.destroy();
      reject(new Error(`ssh: handshake failed: ${reason}`));
    };
    client.once("ready", () => {
      client.removeAllListeners("error");
      // What breaks later ends the session, which reports it.
      client.on("error", () => undefined);
      resolve(client);
    });
    client.once("error", (error: Error & { level?: string }) => {
      client.on("error", () => undefined);
      fail(handshakeReason(error, config));
    });
    client.once("close", () => fail("EOF"));
    client.on("keyboard-interactive", (...[, , , prompts, answer]) => answer(prompts.map(() => config.password ?? "")));
    client.connect({ ...config, sock });
  });
}

function authMethods({ authHandler }: ConnectConfig): string[] {
  return Array.isArray(authHandler) ? authHandler.filter((method) => typeof method === "string") : [];
}

function handshakeReason(error: Error & { level?: string }, config: ConnectConfig): string {
  if (error.level === "client-authentication") {
    const methods = authMethods(config).map((name) => (name === "agent" ? "publickey" : name));
    const tried = new Set(["none", ...methods]);
    return `ssh: unable to authenticate, attempted methods [${[...tried].join(" ")}], no supported methods remain`;
  }
  if (error.level === "client-timeout") return "i/o timeout";
  if (/Host denied/.test(error.message)) return "ssh: host key mismatch";
  if (/no matching host key format/.test(error.message)) {
    const offered = config.algorithms?.serverHostKey;
    return `ssh: no common algorithm for host key; client offered: [${Array.isArray(offered) ? offered.join(" ") : ""}]`;
  }
  return error.message;
}
