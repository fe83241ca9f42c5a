// SPDX-License-Identifier: Apache-2.0
import { Readable } from "node:stream";
import Deserializer from "xmlrpc/lib/deserializer";
import { CallError, FaultError, TransportError, TransportFailure } from "../errors";
import { textOfEnvelope } from "./envelope";

/** A decoded XML-RPC value. `<i8>` comes as decimal text, so that no digit is lost. */
export type RpcValue = boolean | number | string | null | RpcValue[] | { [name: string]: RpcValue };

/** What a successful call gives: an id, or text (mostly an XML document). */
export type CallResult = string | number;

/**
 * Decodes an answer of a `one.*` method.
 *
 * @throws CallError for a refusal, FaultError for a fault, TransportError (malformed) for anything else.
 */
export async function decodeCall(method: string, body: Buffer): Promise<CallResult> {
  const text = textOfEnvelope(body);
  if (text !== undefined) return text;
  return unwrapEnvelope(method, await decodeValue(method, body));
}

/** Decodes an answer of a `system.*` method of the XML-RPC server itself: a bare value without an envelope. */
export async function decodeValue(method: string, body: Buffer): Promise<RpcValue> {
  return new Promise((resolve, reject) => {
    new Deserializer().deserializeMethodResponse(Readable.from([body]), (error, result) => {
      if (error === null || error === undefined) resolve(result as RpcValue);
      else reject(toFault(method, error) ?? malformed(method, error.message));
    });
  });
}

function unwrapEnvelope(method: string, value: RpcValue): CallResult {
  if (!Array.isArray(value) || typeof value[0] !== "boolean" || value.length < 3) {
    throw malformed(method, "the answer is not oned's envelope");
  }
  const [ok, content, code, objectId] = value;
  if (typeof code !== "number") throw malformed(method, "the envelope holds no error code");
  if (ok) {
    if (typeof content === "string" || typeof content === "number") return content;
    throw malformed(method, "the envelope holds neither an id nor a text");
  }
  const reason = String(typeof content === "string" ? content : "").replace(/^\[[\w.]+\]\s*/, "");
  throw new CallError(method, code, reason, typeof objectId === "number" ? objectId : -1);
}

function toFault(method: string, error: Error): FaultError | undefined {
  if (!("faultCode" in error)) return undefined;
  const reason = "faultString" in error && typeof error.faultString === "string" ? error.faultString : "";
  return new FaultError(method, Number(error.faultCode), withoutQuotedCall(reason));
}

/** A -503 fault quotes the call's text from the bad place on, which may hold a password. */
function withoutQuotedCall(reason: string): string {
  return reason.replace(/(?<=Problem with token at ).*/s, "a place of the call that is not shown");
}

function malformed(method: string, detail: string): TransportError {
  return new TransportError(
    method,
    TransportFailure.Malformed,
    `the answer is not XML-RPC as oned writes it (${detail.split("\n")[0] ?? ""})`,
    { maybeDone: true },
  );
}
