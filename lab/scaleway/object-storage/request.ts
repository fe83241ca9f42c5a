// SPDX-License-Identifier: Apache-2.0
import type { IncomingMessage } from "node:http";
import type { Readable } from "node:stream";
import type { Action, Principal } from "../core/permissions";
import { accessDenied, badRequest } from "./errors";
import type { Buckets, StoredBucket } from "./store";

/** A signed request, taken apart. */
export interface StorageRequest {
  method: string;
  /** Empty for the list of all buckets. */
  bucket: string;
  /** Empty for the bucket itself. */
  key: string;
  query: URLSearchParams;
  headers: IncomingMessage["headers"];
  principal: Principal;
  projectId: string;
  region: string;
  body: AsyncIterable<Buffer>;
  now: number;
}

/** What is answered; `body` is a document or the bytes of an object. */
export interface StorageAnswer {
  status: number;
  headers?: Record<string, string>;
  body?: string | Readable;
}

/** What all handlers work on. */
export interface StorageWorld {
  buckets: Buckets;
  organizationId: string;
}

const LARGEST_DOCUMENT = 4 * 1024 * 1024;

/** The body of a request as text; for settings and lists, never for objects. */
export async function documentOf(request: StorageRequest): Promise<string> {
  const pieces: Buffer[] = [];
  let size = 0;
  for await (const piece of request.body) {
    size += piece.length;
    if (size > LARGEST_DOCUMENT) throw badRequest("MalformedXML", "The document is too large.");
    pieces.push(piece);
  }
  return Buffer.concat(pieces).toString("utf8");
}

/** @throws StorageError 403 */
export function demand(
  request: StorageRequest,
  product: "buckets" | "objects" | "objectDeletion",
  action: Action,
  bucket?: StoredBucket,
): void {
  const project = bucket?.bucket.projectId ?? request.projectId;
  if (!request.principal.can(product, action, project)) throw accessDenied();
}
