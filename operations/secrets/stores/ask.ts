// SPDX-License-Identifier: Apache-2.0
import { request as plainRequest } from "node:http";
import { request as tlsRequest } from "node:https";

/** A request to a store of secrets. */
export interface Question {
  method: "GET" | "POST";
  url: string;
  headers: Record<string, string>;
  body?: object;
  /** PEM; whom to trust alone. @default the world's own list */
  authority?: string;
}

export interface StoreAnswer {
  status: number;
  /** What the body says as JSON; undefined where it says nothing. */
  body: unknown;
}

const DEADLINE_SECONDS = 20;
/** Far more than a secret or a list of them is. */
const LARGEST_BYTES = 4 * 1024 * 1024;

/**
 * Asks a store; follows no redirect.
 *
 * @throws Error when there is no answer in time, or one that is too large or no JSON. It names the host asked and the reason, and nothing
 *   of what was sent or answered.
 */
export function ask({ method, url, headers, body, authority }: Question): Promise<StoreAnswer> {
  const target = new URL(url);
  const text = body === undefined ? undefined : JSON.stringify(body);
  const send = target.protocol === "https:" ? tlsRequest : plainRequest;
  return new Promise((resolve, reject) => {
    const fail = (reason: string): void => reject(new Error(`${target.host} ${reason}`));
    const request = send(target, {
      method,
      headers: { ...headers, ...(text !== undefined && { "content-type": "application/json" }) },
      ...(authority !== undefined && { ca: authority }),
      minVersion: "TLSv1.2",
      signal: AbortSignal.timeout(DEADLINE_SECONDS * 1000),
    });
    request.on("error", (error: NodeJS.ErrnoException) =>
      fail(
        error.name === "AbortError"
          ? `did not answer within ${DEADLINE_SECONDS} s`
          : `is not reached: ${error.code ?? error.name}`,
      ),
    );
    request.on("response", (response) => {
      const chunks: Buffer[] = [];
      let size = 0;
      response.on("data", (chunk: Buffer) => {
        size += chunk.length;
        if (size <= LARGEST_BYTES) return void chunks.push(chunk);
        response.destroy();
        fail("answered with too much");
      });
      response.on("error", () => fail("broke off its answer"));
      response.on("end", () => {
        const said = Buffer.concat(chunks).toString("utf8");
        try {
          resolve({ status: response.statusCode ?? 0, body: said === "" ? undefined : JSON.parse(said) });
        } catch {
          fail(`answered ${response.statusCode ?? 0} and no JSON`);
        }
      });
    });
    request.end(text);
  });
}

/** A property of a JSON answer by its path; undefined where it is not there. */
export function partOf(body: unknown, ...path: string[]): unknown {
  return path.reduce((at, key) => (isRecord(at) ? at[key] : undefined), body);
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
