// SPDX-License-Identifier: Apache-2.0
import { request, type IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { describeError, TransportError, TransportFailure } from "../errors";
import type { Address, Dialer } from "./dial";

/** One question over HTTP. */
export interface Exchange {
  /** For error messages. */
  method: string;
  address: Address;
  /** Normally `/RPC2`. */
  path: string;
  body: string | Buffer;
  /** Bytes that an answer may have at most. */
  maxAnswerBytes: number;
  /** Its reason tells a passed deadline (`TimeoutError`) from a caller that gave up. */
  signal: AbortSignal;
}

/**
 * Sends one body and returns the answer's body. One exchange is one connection, because oned closes it after each answer; the
 * length is always declared, because oned answers 411 to a chunked body.
 *
 * @throws TransportError
 */
export async function exchange(dialer: Dialer, question: Exchange): Promise<Buffer> {
  let stream: Duplex;
  try {
    stream = await dialer.dial(question.address, question.signal);
  } catch (error) {
    const { host, port } = question.address;
    throw failureOf(
      question,
      error,
      { failure: TransportFailure.Connect, text: `cannot reach oned at ${host}:${port}` },
      false,
    );
  }
  try {
    return await talk(stream, question);
  } finally {
    stream.destroy();
  }
}

async function talk(stream: Duplex, question: Exchange): Promise<Buffer> {
  const body = Buffer.isBuffer(question.body) ? question.body : Buffer.from(question.body);
  return new Promise((resolve, reject) => {
    const lost = { failure: TransportFailure.Reset, text: "the connection broke before oned answered" };
    const sent = request({
      method: "POST",
      path: question.path,
      host: question.address.host,
      port: question.address.port,
      createConnection: () => stream,
      signal: question.signal,
      headers: { "Content-Type": "text/xml; charset=utf-8", "Content-Length": body.length, Connection: "close" },
    });
    sent.once("response", (answer) => void collect(answer, question).then(resolve, reject));
    // Later errors are of no interest but must be heard, or they end the process.
    sent.on("error", (error) => reject(failureOf(question, error, lost, true)));
    sent.end(body);
  });
}

async function collect(answer: IncomingMessage, question: Exchange): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of answer) {
      const bytes = chunk as Buffer;
      size += bytes.length;
      if (size > question.maxAnswerBytes) throw tooLarge(question);
      chunks.push(bytes);
    }
  } catch (error) {
    if (error instanceof TransportError) throw error;
    const text = `the connection broke after ${size} bytes of the answer`;
    throw failureOf(question, error, { failure: TransportFailure.Truncated, text }, true);
  }
  const body = Buffer.concat(chunks, size);
  judge(answer, body, question);
  return body;
}

/** Long enough for any page's headline. */
const PAGE_BYTES = 16 * 1024;

function judge(answer: IncomingMessage, body: Buffer, question: Exchange): void {
  const status = answer.statusCode ?? 0;
  const page = body.toString("utf8", 0, PAGE_BYTES);
  const html =
    (answer.headers["content-type"] ?? "").includes("text/html") || /^\s*<(?:!doctype html|html)/i.test(page);
  if (html) {
    const message =
      `got an HTML page instead of XML-RPC: HTTP ${status}, "${headline(page)}". ` +
      `Check the endpoint's port and path (oned: 2633, /RPC2)`;
    throw new TransportError(question.method, TransportFailure.HtmlPage, message, {
      maybeDone: status < 400 || status >= 500,
    });
  }
  if (status !== 200) {
    const message = `HTTP status ${status}${answer.statusMessage === undefined ? "" : ` ${answer.statusMessage}`} instead of 200`;
    throw new TransportError(question.method, TransportFailure.Http, message, { maybeDone: true });
  }
  if (body.length === 0) {
    throw new TransportError(question.method, TransportFailure.Malformed, "the answer is empty", { maybeDone: true });
  }
}

/** What a page says of itself, without its markup. */
function headline(page: string): string {
  const text = (pattern: RegExp): string =>
    (pattern.exec(page)?.[1] ?? "")
      .replace(/<[^>]*>/g, " ")
      .replace(/\s+/g, " ")
      .trim();
  const parts = [text(/<title>(.*?)<\/title>/is), text(/<p>(.*?)(?:<\/p>|<p>|$)/is)];
  return parts
    .filter((part) => part !== "")
    .join(": ")
    .slice(0, 200);
}

function tooLarge(question: Exchange): TransportError {
  const message = `the answer is larger than ${question.maxAnswerBytes} bytes; ask for a page of the pool, or raise maxAnswerBytes`;
  return new TransportError(question.method, TransportFailure.TooLarge, message, { maybeDone: true });
}

interface Fallback {
  failure: TransportFailure;
  text: string;
}

function failureOf(question: Exchange, error: unknown, otherwise: Fallback, maybeDone: boolean): TransportError {
  const reason: unknown = question.signal.aborted ? question.signal.reason : undefined;
  const cause = reason ?? error;
  const { name, message } = describeError(cause);
  if (name === "TimeoutError") {
    const text = maybeDone ? "oned did not answer before the deadline" : `${otherwise.text} before the deadline`;
    return new TransportError(question.method, TransportFailure.Timeout, text, { maybeDone, cause });
  }
  if (reason !== undefined) {
    return new TransportError(question.method, TransportFailure.Aborted, "cancelled", { maybeDone, cause });
  }
  const text = message === "" ? otherwise.text : `${otherwise.text}: ${message}`;
  return new TransportError(question.method, otherwise.failure, text, { maybeDone, cause });
}
