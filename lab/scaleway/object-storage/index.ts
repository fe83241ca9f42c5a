// SPDX-License-Identifier: Apache-2.0
import type { IncomingMessage, ServerResponse } from "node:http";
import { pipeline } from "node:stream/promises";
import type { Clock } from "../core/clock";
import type { Authenticator } from "../core/permissions";
import type { RequestLog } from "../core/requests";
import { bucketCall } from "./buckets";
import { StorageError } from "./errors";
import { objectCall, removeMany } from "./objects";
import type { StorageAnswer, StorageRequest, StorageWorld } from "./request";
import { claimOf, Signed } from "./signature";
import { Buckets } from "./store";
import { isUploadCall, uploadCall } from "./uploads";

export { isSigned } from "./signature";

export interface ObjectStorageParts {
  /** Folder of the buckets. */
  directory: string;
  organizationId: string;
  authenticator: Authenticator;
  clock: Clock;
  log: RequestLog;
}

/**
 * Scaleway's object storage: the part of S3 that this project, its provider and restic use, with paths and with buckets in the
 * host name. Requests are told from those of the API by their signature.
 */
export class ObjectStorage {
  private readonly world: StorageWorld;

  constructor(private readonly parts: ObjectStorageParts) {
    this.world = { buckets: new Buckets(parts.directory), organizationId: parts.organizationId };
  }

  async answer(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const started = process.hrtime.bigint();
    const url = new URL(incoming.url ?? "/", "http://storage");
    let answer: StorageAnswer;
    try {
      answer = await this.call(incoming, url);
    } catch (error) {
      const known =
        error instanceof StorageError ? error : new StorageError(500, "InternalError", (error as Error).message);
      // Node closes a connection whose body was not read: what is left of it is of no interest.
      incoming.resume();
      const body = incoming.method === "HEAD" ? undefined : known.document(url.pathname);
      answer = { status: known.status, body };
    }
    const milliseconds = Number(process.hrtime.bigint() - started) / 1e6;
    const { method = "GET" } = incoming;
    this.parts.log.add({ method, path: url.pathname, query: url.search.slice(1), status: answer.status, milliseconds });
    await send(outgoing, answer);
  }

  private async call(incoming: IncomingMessage, url: URL): Promise<StorageAnswer> {
    const claim = claimOf(incoming);
    const identity = this.parts.authenticator.signer(claim.accessKey);
    if (identity === undefined) {
      throw new StorageError(403, "InvalidAccessKeyId", "The access key you provided does not exist in our records.");
    }
    const now = this.parts.clock.now();
    // The client's clock is the machine's, whatever the lab's clock shows.
    const signed = Signed.check(incoming, claim, identity.secret, Date.now());
    const [bucket, key] = place(incoming.headers.host ?? "", url.pathname);
    const request: StorageRequest = {
      method: incoming.method ?? "GET",
      bucket,
      key,
      query: url.searchParams,
      headers: incoming.headers,
      principal: identity.principal,
      projectId: claim.project ?? identity.projectId,
      region: claim.scope.split("/")[1] ?? "",
      body: signed.body(incoming),
      now,
    };
    this.world.buckets.find(bucket)?.expire(now);
    if (isUploadCall(request)) return uploadCall(this.world, request);
    if (key !== "") return objectCall(this.world, request);
    if (request.method === "POST" && request.query.has("delete")) return removeMany(this.world, request);
    return bucketCall(this.world, request);
  }
}

/** Bucket and key: `<bucket>.s3.<region>.scw.cloud/<key>`, or `<any host>/<bucket>/<key>`. */
function place(host: string, path: string): [bucket: string, key: string] {
  const named = /^(.+)\.s3\.[a-z-]+\.scw\.cloud$/.exec(host.replace(/:\d+$/, ""))?.[1];
  const decoded = decodeURIComponent(path.slice(1));
  if (named !== undefined) return [named, decoded];
  const [bucket = "", ...key] = decoded.split("/");
  return [bucket, key.join("/")];
}

async function send(outgoing: ServerResponse, { status, headers = {}, body }: StorageAnswer): Promise<void> {
  for (const [name, value] of Object.entries(headers)) outgoing.setHeader(name, value);
  outgoing.statusCode = status;
  if (typeof body === "string") {
    outgoing.setHeader("Content-Type", "application/xml");
    outgoing.end(body);
  } else if (body === undefined) {
    outgoing.end();
  } else {
    // The client may go away in the middle of an object.
    await pipeline(body, outgoing).catch(() => outgoing.destroy());
  }
}
