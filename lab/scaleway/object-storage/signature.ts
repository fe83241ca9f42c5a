// SPDX-License-Identifier: Apache-2.0
import { createHash, createHmac, timingSafeEqual } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { accessDenied, badRequest, StorageError } from "./errors";

const ALGORITHM = "AWS4-HMAC-SHA256";
const STREAMING = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD";
const UNSIGNED = "UNSIGNED-PAYLOAD";
/** A request's clock may differ by this much. */
const SKEW_MS = 15 * 60 * 1000;

/** What the header `Authorization` of a signed request says. */
export interface Claim {
  accessKey: string;
  /** Scaleway's clients may name a project behind the access key. */
  project?: string;
  scope: string;
  signedHeaders: string[];
  signature: string;
}

/** Whether a request is for the object storage: nothing else signs so. */
export function isSigned(incoming: IncomingMessage): boolean {
  return incoming.headers.authorization?.startsWith(ALGORITHM) ?? false;
}

/** @throws StorageError when the header is malformed. */
export function claimOf(incoming: IncomingMessage): Claim {
  const fields = new Map(
    (incoming.headers.authorization ?? "")
      .slice(ALGORITHM.length)
      .split(",")
      .map((part) => part.trim().split("=", 2) as [string, string]),
  );
  const [identity = "", ...scope] = (fields.get("Credential") ?? "").split("/");
  const [accessKey = "", project] = identity.split("@");
  const signedHeaders = (fields.get("SignedHeaders") ?? "").split(";");
  const signature = fields.get("Signature") ?? "";
  if (accessKey === "" || scope.length !== 4 || !signedHeaders.includes("host") || !/^[0-9a-f]{64}$/.test(signature)) {
    throw badRequest("AuthorizationHeaderMalformed", "The authorization header is malformed.");
  }
  return { accessKey, project, scope: scope.join("/"), signedHeaders, signature };
}

/** A request whose signature is right, and what its body must be. */
export class Signed {
  private previous: string;

  private constructor(
    private readonly key: Buffer,
    private readonly claim: Claim,
    private readonly date: string,
    /** SHA-256 of the body, `UNSIGNED-PAYLOAD`, or the word for chunks that are signed one by one. */
    private readonly payload: string,
  ) {
    this.previous = claim.signature;
  }

  /**
   * Checks the signature of a request.
   *
   * @param now - the server's time in milliseconds.
   * @throws StorageError
   */
  static check(incoming: IncomingMessage, claim: Claim, secret: string, now: number): Signed {
    const date = headerOf(incoming, "x-amz-date");
    const payload = headerOf(incoming, "x-amz-content-sha256");
    const at = Date.parse(date.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, "$1-$2-$3T$4:$5:$6Z"));
    if (Number.isNaN(at) || Math.abs(at - now) > SKEW_MS) {
      throw new StorageError(403, "RequestTimeTooSkewed", "The difference between the times is too large.");
    }
    const url = new URL(incoming.url ?? "/", "http://storage");
    const canonical = [
      incoming.method ?? "GET",
      (incoming.url ?? "/").split("?")[0],
      canonicalQuery(url.searchParams),
      ...claim.signedHeaders.map((name) => `${name}:${headerOf(incoming, name).trim().replace(/\s+/g, " ")}`),
      "",
      claim.signedHeaders.join(";"),
      payload,
    ].join("\n");
    const text = [ALGORITHM, date, claim.scope, sha256(canonical)].join("\n");
    const key = signingKey(secret, claim.scope);
    if (!same(hmac(key, text).toString("hex"), claim.signature)) {
      const words = "The request signature we calculated does not match the signature you provided.";
      throw new StorageError(403, "SignatureDoesNotMatch", words);
    }
    return new Signed(key, claim, date, payload);
  }

  /**
   * The body as it is meant, without the marks of signed chunks. Ends with an error when it is not what was signed.
   */
  async *body(incoming: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
    if (this.payload === STREAMING) {
      yield* this.chunks(incoming);
      return;
    }
    const hash = createHash("sha256");
    for await (const piece of incoming) {
      hash.update(piece);
      yield piece;
    }
    if (this.payload !== UNSIGNED && hash.digest("hex") !== this.payload) {
      throw badRequest("XAmzContentSHA256Mismatch", "The provided 'x-amz-content-sha256' does not match the body.");
    }
  }

  private async *chunks(incoming: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
    let rest = Buffer.alloc(0);
    const source = incoming[Symbol.asyncIterator]();
    const more = async (): Promise<void> => {
      const next = await source.next();
      if (next.done) throw badRequest("IncompleteBody", "The body ended within a chunk.");
      rest = Buffer.concat([rest, next.value]);
    };
    for (;;) {
      while (!rest.includes("\r\n")) await more();
      const end = rest.indexOf("\r\n");
      const [size = "", mark = ""] = rest.subarray(0, end).toString("latin1").split(";chunk-signature=");
      const length = Number.parseInt(size, 16);
      while (rest.length < end + 4 + length) await more();
      const data = rest.subarray(end + 2, end + 2 + length);
      rest = rest.subarray(end + 4 + length);
      this.checkChunk(data, mark);
      if (length === 0) return;
      yield data;
    }
  }

  private checkChunk(data: Buffer, mark: string): void {
    const words = [`${ALGORITHM}-PAYLOAD`, this.date, this.claim.scope, this.previous, sha256(""), sha256(data)];
    const expected = hmac(this.key, words.join("\n")).toString("hex");
    if (!same(expected, mark)) throw accessDenied("The signature of a chunk does not match.");
    this.previous = expected;
  }
}

function headerOf(incoming: IncomingMessage, name: string): string {
  const value = incoming.headers[name];
  return Array.isArray(value) ? value.join(",") : (value ?? "");
}

function canonicalQuery(query: URLSearchParams): string {
  const pairs = [...query].map(([name, value]) => `${encoded(name)}=${encoded(value)}`);
  return pairs.sort().join("&");
}

function encoded(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

function signingKey(secret: string, scope: string): Buffer {
  return scope.split("/").reduce<Buffer>((key, part) => hmac(key, part), Buffer.from(`AWS4${secret}`));
}

function hmac(key: Buffer, text: string): Buffer {
  return createHmac("sha256", key).update(text).digest();
}

function sha256(data: string | Buffer): string {
  return createHash("sha256").update(data).digest("hex");
}

function same(a: string, b: string): boolean {
  return a.length === b.length && timingSafeEqual(Buffer.from(a), Buffer.from(b));
}
