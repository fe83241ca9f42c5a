// SPDX-License-Identifier: Apache-2.0
import { request as plainRequest } from "node:http";
import type { IncomingMessage } from "node:http";
import { request as tlsRequest } from "node:https";

import { sign } from "aws4";

import { ApiError } from "./errors";

export interface StorageCredentials {
  accessKey: string;
  secretKey: string;
  /** Where requests go instead of the region's own address; their host name stays that of the bucket. */
  endpoint?: string;
}

export interface StorageCall {
  /** Name of the operation, for errors. */
  operation: string;
  method: "GET" | "PUT" | "POST" | "DELETE";
  /** With the equals sign that the real provider sends: `acl=`. */
  query?: string;
  /** Key of an object. */
  key?: string;
  headers?: Record<string, string>;
  body?: string;
}

const SECONDS = 60;

/** Calls on a bucket of Scaleway's object storage, signed and addressed as the real provider does it. */
export class BucketClient {
  private readonly host: string;

  constructor(
    private readonly credentials: StorageCredentials,
    private readonly place: { region: string; bucket: string; projectId: string },
  ) {
    this.host = `${place.bucket}.s3.${place.region}.scw.cloud`;
  }

  /** The answer's document. @throws ApiError */
  async call({ operation, method, query, key = "", headers = {}, body = "" }: StorageCall): Promise<string> {
    const { accessKey, secretKey, endpoint } = this.credentials;
    const path = `/${key.split("/").map(encodeURIComponent).join("/")}${query === undefined ? "" : `?${query}`}`;
    const signed = sign(
      { service: "s3", region: this.place.region, host: this.host, method, path, headers: { ...headers }, body },
      { accessKeyId: `${accessKey}@${this.place.projectId}`, secretAccessKey: secretKey },
    );
    const target = new URL(endpoint ?? `https://${this.host}`);
    const send = target.protocol === "https:" ? tlsRequest : plainRequest;
    const answer = await new Promise<IncomingMessage>((resolve, reject) => {
      const request = send(
        {
          host: target.hostname,
          port: target.port || undefined,
          method,
          path,
          headers: signed.headers as Record<string, string>,
          timeout: SECONDS * 1000,
        },
        resolve,
      );
      request.once("timeout", () => request.destroy(new Error(`no answer after ${SECONDS} s`)));
      request.once("error", reject).end(body);
    });
    const document = (await answer.setEncoding("utf8").toArray()).join("");
    const status = answer.statusCode ?? 0;
    if (status < 300) return document;
    const [code, message] = [elementOf(document, "Code"), elementOf(document, "Message")];
    const words = code === undefined ? "" : `, ${code}: ${message ?? ""}`;
    throw new StorageError(
      status,
      `operation error S3: ${operation}, https response error StatusCode: ${status}${words}`,
    );
  }
}

/** An answer that is no success, in the words of the real provider's S3 client. */
class StorageError extends ApiError {
  constructor(status: number, words: string) {
    super(status, {});
    this.message = words;
  }
}

/** The text of the first element of this name. */
export function elementOf(document: string, name: string): string | undefined {
  return new RegExp(`<${name}>([^<]*)</${name}>`).exec(document)?.[1];
}
