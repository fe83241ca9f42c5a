// SPDX-License-Identifier: Apache-2.0
import { request as plainRequest } from "node:http";
import { request as tlsRequest } from "node:https";

export interface HttpQuestion {
  method: string;
  url: string;
  headers: Record<string, string>;
  body: string | undefined;
  /** Milliseconds for the whole exchange. */
  timeout: number;
}

export interface HttpAnswer {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  text: string;
}

const MOST_BYTES = 8 * 1024 * 1024;

/**
 * One HTTP exchange. Node 18's `fetch` is experimental and warns on standard error, which OpenNebula shows to users.
 *
 * @throws Error when there is no whole answer in time
 */
export function exchange({ method, url, headers, body, timeout }: HttpQuestion): Promise<HttpAnswer> {
  const open = url.startsWith("https:") ? tlsRequest : plainRequest;
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => request.destroy(new Error(`no answer within ${timeout} ms`)), timeout);
    const fail = (error: Error): void => {
      clearTimeout(timer);
      reject(error);
    };
    const length = body === undefined ? {} : { "Content-Length": String(Buffer.byteLength(body)) };
    const request = open(url, { method, headers: { ...headers, ...length } }, (response) => {
      const chunks: Buffer[] = [];
      let size = 0;
      response.on("data", (chunk: Buffer) => {
        size += chunk.length;
        if (size > MOST_BYTES) request.destroy(new Error(`an answer longer than ${MOST_BYTES} bytes`));
        chunks.push(chunk);
      });
      response.on("error", fail);
      response.on("aborted", () => fail(new Error("the answer was cut off")));
      response.on("end", () => {
        clearTimeout(timer);
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          text: Buffer.concat(chunks).toString("utf8"),
        });
      });
    });
    request.on("error", fail);
    request.end(body);
  });
}
