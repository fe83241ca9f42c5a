// SPDX-License-Identifier: Apache-2.0

/** OneFlow's REST interface: JSON over HTTP with the login of the provider. */
import { request, type IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { describeError, OpenNebulaError, TransportError, TransportFailure } from "../opennebula";
import type { Dialer } from "../opennebula/transport/dial";
import type { PropertyMap, PropertyValue } from "./grpc/provider";

const MAX_ANSWER_BYTES = 16 * 1024 * 1024;
const DEADLINE_SECONDS = 120;

/** OneFlow understood the request and refused it. */
export class FlowError extends OpenNebulaError {
  constructor(
    request: string,
    /** HTTP status. */
    public readonly status: number,
    reason: string,
  ) {
    super(`OneFlow ${request}: ${reason} (HTTP ${status})`, request);
  }
}

export interface FlowSettings {
  endpoint: string;
  username: string;
  password: string;
}

/** Speaks with one OneFlow. Connects when asked, never before. */
export class Flow {
  private readonly url: URL;

  constructor(
    private readonly settings: FlowSettings,
    private readonly dialer: Dialer,
  ) {
    this.url = new URL(settings.endpoint);
  }

  /**
   * Sends a request and answers the JSON of the answer, undefined for an empty one.
   *
   * @throws FlowError, TransportError
   */
  async send(
    method: "GET" | "POST" | "PUT" | "DELETE",
    path: string,
    { body, signal }: { body?: PropertyValue; signal: AbortSignal },
  ): Promise<PropertyMap | undefined> {
    const what = `${method} ${path}`;
    const limit = AbortSignal.any([signal, AbortSignal.timeout(DEADLINE_SECONDS * 1000)]);
    const host = this.url.hostname.replace(/^\[|\]$/g, "");
    const port = Number(this.url.port || 80);
    let stream: Duplex;
    try {
      stream = await this.dialer.dial({ host, port }, limit);
    } catch (error) {
      const text = `cannot reach OneFlow at ${host}:${port}: ${describeError(error).message}`;
      throw new TransportError(what, TransportFailure.Connect, text, { maybeDone: false, cause: error });
    }
    try {
      const text = body === undefined ? "" : JSON.stringify(body);
      const { status, answer } = await this.talk(stream, { method, path, text, signal: limit });
      if (status >= 200 && status < 300) return parse(what, answer);
      throw new FlowError(what, status, reasonOf(answer));
    } catch (error) {
      if (error instanceof OpenNebulaError) throw error;
      const text = `the connection broke before OneFlow answered: ${describeError(error).message}`;
      throw new TransportError(what, TransportFailure.Reset, text, { maybeDone: true, cause: error });
    } finally {
      stream.destroy();
    }
  }

  private async talk(
    stream: Duplex,
    question: { method: string; path: string; text: string; signal: AbortSignal },
  ): Promise<{ status: number; answer: string }> {
    const { method, path, text, signal } = question;
    const { username, password } = this.settings;
    return new Promise((resolve, reject) => {
      const sent = request({
        method,
        path: `${this.url.pathname.replace(/\/$/, "")}${path}`,
        host: this.url.hostname,
        port: this.url.port,
        auth: `${username}:${password}`,
        createConnection: () => stream,
        signal,
        headers: { "Content-Type": "application/json", "Content-Length": Buffer.byteLength(text), Connection: "close" },
      });
      sent.once("response", (answer) => void collect(answer).then(resolve, reject));
      sent.on("error", reject);
      sent.end(text);
    });
  }
}

async function collect(answer: IncomingMessage): Promise<{ status: number; answer: string }> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of answer) {
    chunks.push(chunk as Buffer);
    size += (chunk as Buffer).length;
    if (size > MAX_ANSWER_BYTES) throw new Error(`the answer is larger than ${MAX_ANSWER_BYTES} bytes`);
  }
  return { status: answer.statusCode ?? 0, answer: Buffer.concat(chunks).toString("utf8") };
}

function parse(what: string, text: string): PropertyMap | undefined {
  if (text.trim() === "") return undefined;
  try {
    return JSON.parse(text) as PropertyMap;
  } catch {
    const detail = "the answer is not JSON; check the port of flowEndpoint (OneFlow: 2474)";
    throw new TransportError(what, TransportFailure.Malformed, detail, { maybeDone: true });
  }
}

/** OneFlow tells its reasons as `{"error": {"message": ...}}`. */
function reasonOf(text: string): string {
  try {
    const { error } = JSON.parse(text) as { error?: { message?: unknown } };
    if (typeof error?.message === "string") return error.message;
  } catch {
    // A page or plain text.
  }
  return text
    .replace(/<[^>]*>/g, " ")
    .replace(/\s+/g, " ")
    .trim()
    .slice(0, 300);
}
