// SPDX-License-Identifier: Apache-2.0
import { setTimeout as sleep } from "node:timers/promises";
import { describeError, InvalidValueError, TransportError, TransportFailure } from "./errors";
import { METHODS } from "./methods";
import { decodeCall, decodeValue, type CallResult, type RpcValue } from "./rpc/decode";
import { encodeCall, type RpcParameter } from "./rpc/encode";
import { answersText, isReadOnly, type MethodAnswer, type MethodName, type MethodParameters } from "./signatures";
import { TcpDialer, TlsDialer, type Address, type Dialer, type TlsSettings } from "./transport/dial";
import { exchange } from "./transport/http";
import { Limiter } from "./transport/limit";
import { SshRefusal, type SshHop } from "./transport/pinned";
import { SshDialer } from "./transport/ssh";

export interface ClientSettings {
  /** `http://` or `https://`; behind an SSH hop as that host sees it. E.g. `http://127.0.0.1:2633/RPC2`. */
  endpoint: string;
  /** Without blanks or `:`. */
  username: string;
  /** Password or login token, without blanks. */
  password: string;
  /** Reach oned through this SSH server. */
  ssh?: SshHop;
  tls?: TlsSettings;
  /**
   * Seconds that a call may take, waiting for its turn and all repetitions included. oned itself blocks for 98 s where a user's
   * authentication driver does not exist. @default 120
   */
  deadlineSeconds?: number;
  /** @default 64 MiB, which is about 25,000 VMs */
  maxAnswerBytes?: number;
  /** Calls at once. oned serves 15 connections and lets the next wait for seconds, so more than 10 is refused. @default 10 */
  concurrency?: number;
  /** How often a call is sent at most, see {@link CallOptions.repeatable}. @default 5 */
  attempts?: number;
}

export interface CallOptions {
  /** Gives up when aborted. */
  signal?: AbortSignal;
  /** Overrides {@link ClientSettings.deadlineSeconds} for this call. */
  deadlineSeconds?: number;
  /**
   * True if doing it twice does no harm, so that a lost answer is asked for again. A call that certainly has not reached oned is
   * repeated in any case. @default true for methods that only read
   */
  repeatable?: boolean;
}

const DEFAULTS = { deadlineSeconds: 120, maxAnswerBytes: 64 * 1024 * 1024, concurrency: 10, attempts: 5 };
const MAX_CONCURRENCY = 10;

/** Speaks with one oned. Connects when called, never before; safe to share. */
export class OneClient {
  private readonly settings: ClientSettings & typeof DEFAULTS;
  private readonly address: Address;
  private readonly path: string;
  private readonly dialer: Dialer;
  private readonly limiter: Limiter;

  /** @throws InvalidValueError for settings that can never work; nothing is connected yet. */
  constructor(settings: ClientSettings) {
    this.settings = { ...DEFAULTS, ...withoutUndefined(settings) };
    const url = parseEndpoint(settings.endpoint);
    checkCredentials(settings);
    if (this.settings.concurrency > MAX_CONCURRENCY || this.settings.concurrency < 1) {
      throw new InvalidValueError("concurrency", `must be 1 to ${MAX_CONCURRENCY}: oned serves 15 connections at once`);
    }
    const secure = url.protocol === "https:";
    this.address = { host: url.hostname.replace(/^\[|\]$/g, ""), port: Number(url.port || (secure ? 443 : 80)) };
    this.path = url.pathname + url.search;
    const plain = settings.ssh === undefined ? new TcpDialer() : new SshDialer(settings.ssh);
    this.dialer = secure ? new TlsDialer(plain, settings.tls) : plain;
    this.limiter = new Limiter(this.settings.concurrency);
  }

  /**
   * Calls a method of oned.
   *
   * @param parameters - all but the session.
   * @throws CallError, FaultError, TransportError, InvalidValueError
   * @example
   * const xml = await client.call("one.host.info", [5, false]);
   */
  async call<Name extends MethodName>(
    method: Name,
    parameters: MethodParameters<Name>,
    options: CallOptions = {},
  ): Promise<MethodAnswer<Name>> {
    const answer = await this.callAny(method, parameters, options);
    if ((typeof answer === "string") !== answersText(method)) {
      const message = `answered with ${typeof answer === "string" ? "text instead of an id" : "an id instead of text"}`;
      throw new TransportError(method, TransportFailure.Malformed, message, { maybeDone: true });
    }
    return answer as MethodAnswer<Name>;
  }

  /** As {@link call}, for methods that {@link METHODS} does not know yet. */
  async callAny(method: string, parameters: readonly RpcParameter[], options: CallOptions = {}): Promise<CallResult> {
    const session = `${this.settings.username}:${this.settings.password}`;
    return decodeCall(method, await this.post(method, encodeCall(method, [session, ...parameters]), options));
  }

  /** Calls one of the XML-RPC server's own `system.*` methods, which take no session and answer with a bare value. */
  async callServer(
    method: string,
    parameters: readonly RpcParameter[] = [],
    options: CallOptions = {},
  ): Promise<RpcValue> {
    const repeatable = options.repeatable ?? method !== "system.multicall";
    return decodeValue(method, await this.post(method, encodeCall(method, parameters), { ...options, repeatable }));
  }

  /** Sends a body as it is and returns the answer's, with the client's limits, deadline and repetitions. */
  async post(method: string, body: string | Buffer, options: CallOptions = {}): Promise<Buffer> {
    // Timers take whole milliseconds only, and what is left of somebody's own deadline seldom is.
    const milliseconds = Math.ceil((options.deadlineSeconds ?? this.settings.deadlineSeconds) * 1000);
    const deadline = AbortSignal.timeout(milliseconds);
    const signal = options.signal === undefined ? deadline : AbortSignal.any([options.signal, deadline]);
    const { address, path, dialer } = this;
    const question = { method, address, path, body, signal, maxAnswerBytes: this.settings.maxAnswerBytes };
    const repeatable = options.repeatable ?? isReadOnly(method);
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await this.limiter.run(() => exchange(dialer, question), signal);
      } catch (error) {
        if (!(error instanceof TransportError)) throw notInTime(method, error);
        if (attempt >= this.settings.attempts || !worthRepeating(error, repeatable)) throw error;
        const pause = 250 * 2 ** (attempt - 1) * (0.5 + Math.random());
        await sleep(pause, undefined, { signal }).catch(() => {
          throw error;
        });
      }
    }
  }

  /** Lets go of the SSH connection; the next call opens a new one. */
  close(): void {
    this.dialer.close();
  }

  /** True if this client knows the method and its types. */
  static knows(method: string): method is MethodName {
    return Object.hasOwn(METHODS, method);
  }
}

const REPEATED = new Set([TransportFailure.Connect, TransportFailure.Reset, TransportFailure.Truncated]);

function worthRepeating(error: TransportError, repeatable: boolean): boolean {
  if (error.cause instanceof SshRefusal) return false;
  return REPEATED.has(error.failure) && (repeatable || !error.maybeDone);
}

/** The signal fired while the call still waited for its turn. */
function notInTime(method: string, error: unknown): unknown {
  const { name } = describeError(error);
  if (name !== "TimeoutError" && name !== "AbortError") return error;
  const late = name === "TimeoutError";
  const failure = late ? TransportFailure.Timeout : TransportFailure.Aborted;
  const message = late ? "too many calls at once: it was not this one's turn before the deadline" : "cancelled";
  return new TransportError(method, failure, message, { maybeDone: false, cause: error });
}

function parseEndpoint(endpoint: string): URL {
  const url = URL.canParse(endpoint) ? new URL(endpoint) : undefined;
  if (url === undefined || (url.protocol !== "http:" && url.protocol !== "https:")) {
    throw new InvalidValueError("endpoint", "is not an http or https URL such as http://127.0.0.1:2633/RPC2");
  }
  if (url.username !== "" || url.password !== "") {
    throw new InvalidValueError("endpoint", "holds credentials; give them as username and password");
  }
  return url;
}

function checkCredentials(settings: ClientSettings): void {
  if (settings.username === "" || /[\s:]/.test(settings.username)) {
    throw new InvalidValueError("username", "must be a name without blanks and colons");
  }
  if (settings.password === "" || /\s/.test(settings.password)) {
    throw new InvalidValueError("password", "must not be empty or hold blanks: oned refuses such passwords");
  }
}

function withoutUndefined<T extends object>(value: T): T {
  return Object.fromEntries(Object.entries(value).filter(([, entry]) => entry !== undefined)) as T;
}
