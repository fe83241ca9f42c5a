// SPDX-License-Identifier: Apache-2.0

/** oned's own error codes, the third element of a failed answer. They are powers of two, each seen alone. */
export enum ErrorCode {
  Authentication = 256,
  Authorization = 512,
  NoExists = 1024,
  Action = 2048,
  XmlRpcApi = 4096,
  Internal = 8192,
  Allocate = 16384,
  Locked = 32768,
  Replication = 65536,
}

/** The word that oned's documentation uses for a code, e.g. `NO_EXISTS`. */
export function errorCodeName(code: number): string {
  const name = ErrorCode[code];
  return name === undefined ? "UNKNOWN" : name.replace(/(?<=[a-z])(?=[A-Z])/g, "_").toUpperCase();
}

/** Everything that this client throws. Messages never hold a session, a password or a parameter's value. */
export abstract class OpenNebulaError extends Error {
  constructor(
    message: string,
    /** The XML-RPC method, e.g. `one.host.info`; empty when no call was under way. */
    public readonly method: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.name = new.target.name;
  }
}

/** oned understood the call and refused it: an envelope whose first element is false. */
export class CallError extends OpenNebulaError {
  constructor(
    method: string,
    /** See {@link ErrorCode}; a plain number because a newer oned may know more. */
    public readonly code: number,
    /** oned's own words, without the `[method]` in front. Sometimes truncated or with junk: for people, never to be parsed. */
    public readonly reason: string,
    /** Id of the object in question, -1 if oned names none. */
    public readonly objectId: number,
  ) {
    const object = objectId >= 0 ? `, object ${objectId}` : "";
    super(`${method}: ${reason} (${errorCodeName(code)} ${code}${object})`, method);
  }
}

/** oned did not understand the call: unknown method (-506), wrong parameter types (-501, -500), bad XML (-503). */
export class FaultError extends OpenNebulaError {
  constructor(
    method: string,
    public readonly code: number,
    public readonly reason: string,
  ) {
    super(`${method}: XML-RPC fault ${code}: ${reason}`, method);
  }
}

export enum TransportFailure {
  /** No connection, or no SSH connection, came about. */
  Connect = "connect",
  /** The deadline passed. */
  Timeout = "timeout",
  /** The caller gave up. */
  Aborted = "aborted",
  /** The connection broke before any answer. */
  Reset = "reset",
  /** The connection broke inside the answer. */
  Truncated = "truncated",
  /** An HTTP status other than 200, without a page that explains it. */
  Http = "http",
  /** A page for people instead of XML-RPC: a wrong path, a proxy, another server. */
  HtmlPage = "html-page",
  TooLarge = "too-large",
  /** An answer that is neither an envelope nor a fault. */
  Malformed = "malformed",
}

/** The question or the answer got lost on the way. */
export class TransportError extends OpenNebulaError {
  /** True unless it is certain that oned has not seen the call. */
  readonly maybeDone: boolean;

  constructor(
    method: string,
    public readonly failure: TransportFailure,
    message: string,
    circumstances: { maybeDone: boolean; cause?: unknown },
  ) {
    const { maybeDone, ...options } = circumstances;
    super(`${method === "" ? "" : `${method}: `}${message}`, method, options);
    this.maybeDone = maybeDone;
  }
}

/** A value that oned would refuse or silently change; nothing was sent. */
export class InvalidValueError extends OpenNebulaError {
  constructor(
    /** Path of the value, e.g. `attributes.NOTE` or `one.host.allocate parameter 1`. */
    public readonly field: string,
    rule: string,
  ) {
    super(`${field}: ${rule}`, "");
  }
}

/** True for the answer that an object does not exist. */
export function isNoExists(error: unknown): boolean {
  return error instanceof CallError && (error.code as ErrorCode) === ErrorCode.NoExists;
}

/** Name and message of anything thrown; by shape, for errors may come from another realm (a worker, a VM context). */
export function describeError(error: unknown): { name: string; message: string } {
  if (error === null || typeof error !== "object") return { name: "", message: String(error) };
  const { name, message } = error as { name?: unknown; message?: unknown };
  return { name: typeof name === "string" ? name : "", message: typeof message === "string" ? message : "" };
}
