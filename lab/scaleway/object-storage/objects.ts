// SPDX-License-Identifier: Apache-2.0
import { accessDenied, badRequest, noSuchBucket, noSuchKey, notImplemented, StorageError } from "./errors";
import { demand, documentOf, type StorageAnswer, type StorageRequest, type StorageWorld } from "./request";
import type { StoredBucket, Version } from "./store";
import { textsOf, unescaped, xmlAnswer } from "./xml";

/** Calls on one object. */
export async function objectCall(world: StorageWorld, request: StorageRequest): Promise<StorageAnswer> {
  const stored = world.buckets.find(request.bucket);
  if (stored === undefined) throw noSuchBucket();
  switch (request.method) {
    case "PUT":
      return put(request, stored);
    case "GET":
    case "HEAD":
      return get(request, stored);
    case "DELETE":
      return remove(request, stored);
    default:
      throw notImplemented(`${request.method} of an object`);
  }
}

/** What of a request's headers belongs to the object. */
export function objectHeaders(request: StorageRequest): Record<string, string> {
  const kept = Object.entries(request.headers).filter(
    ([name]) => name === "content-type" || name.startsWith("x-amz-meta-"),
  );
  return Object.fromEntries(kept.map(([name, value]) => [name, String(value)]));
}

async function put(request: StorageRequest, stored: StoredBucket): Promise<StorageAnswer> {
  demand(request, "objects", "write", stored);
  if (request.headers["x-amz-copy-source"] !== undefined) throw notImplemented("copy of an object");
  const written = await stored.write(request.body);
  checkMd5(request, written.md5);
  const version = stored.put(request.key, written, { headers: objectHeaders(request), modified: request.now });
  return { status: 200, headers: { etag: `"${version.etag}"`, ...versionHeader(version) } };
}

/** @throws StorageError when the client's checksum is another. */
export function checkMd5(request: StorageRequest, md5: string): void {
  const claimed = request.headers["content-md5"];
  if (typeof claimed === "string" && Buffer.from(claimed, "base64").toString("hex") !== md5) {
    throw badRequest("BadDigest", "The Content-MD5 you specified did not match what we received.");
  }
}

function versionHeader({ id }: Version): Record<string, string> {
  return id === "null" ? {} : { "x-amz-version-id": id };
}

function wanted(request: StorageRequest, stored: StoredBucket): Version {
  const id = request.query.get("versionId");
  const version = id === null ? stored.current(request.key) : stored.version(request.key, id);
  if (version === undefined || version.marker) throw noSuchKey();
  return version;
}

function get(request: StorageRequest, stored: StoredBucket): StorageAnswer {
  demand(request, "objects", "read", stored);
  const version = wanted(request, stored);
  const headers = {
    ...version.headers,
    etag: `"${version.etag}"`,
    "last-modified": new Date(version.modified).toUTCString(),
    "accept-ranges": "bytes",
    ...versionHeader(version),
  };
  const range = rangeOf(request.headers.range, version.size);
  const length = range === undefined ? version.size : range.end - range.start + 1;
  const answer: StorageAnswer = {
    status: range === undefined ? 200 : 206,
    headers: {
      ...headers,
      "content-length": String(length),
      ...(range && { "content-range": `bytes ${range.start}-${range.end}/${version.size}` }),
    },
  };
  return request.method === "HEAD" ? answer : { ...answer, body: stored.read(version, range) };
}

/** `bytes=0-99`, `bytes=100-`, `bytes=-5`; other forms mean the whole object, as the standard has it. */
function rangeOf(header: string | undefined, size: number): { start: number; end: number } | undefined {
  const [, first = "", last = ""] = /^bytes=(\d*)-(\d*)$/.exec(header ?? "") ?? [];
  if (first === "" && last === "") return undefined;
  const start = first === "" ? Math.max(0, size - Number(last)) : Number(first);
  const end = first === "" || last === "" ? size - 1 : Math.min(Number(last), size - 1);
  if (start > end) throw new StorageError(416, "InvalidRange", "The requested range is not satisfiable");
  return { start, end };
}

function remove(request: StorageRequest, stored: StoredBucket): StorageAnswer {
  const id = request.query.get("versionId");
  const marker = removeOne(request, stored, request.key, id);
  const headers = marker ? { "x-amz-delete-marker": "true", ...versionHeader(marker) } : {};
  return { status: 204, headers };
}

function removeOne(request: StorageRequest, stored: StoredBucket, key: string, id: string | null): Version | undefined {
  demand(request, "objectDeletion", "write", stored);
  if (id === null) return stored.hide(key, request.now);
  const locked = (stored.version(key, id)?.retainUntil ?? 0) > request.now;
  // The right to bypass belongs to those who administer buckets.
  const bypass =
    request.headers["x-amz-bypass-governance-retention"] === "true" &&
    stored.bypassable &&
    request.principal.can("buckets", "write", stored.bucket.projectId);
  if (locked && !bypass) throw accessDenied("Access Denied because object protected by object lock.");
  stored.drop(key, id);
  return undefined;
}

/** DeleteObjects: many at once, each with its own outcome. */
export async function removeMany(world: StorageWorld, request: StorageRequest): Promise<StorageAnswer> {
  const stored = world.buckets.find(request.bucket);
  if (stored === undefined) throw noSuchBucket();
  const document = await documentOf(request);
  const outcomes = textsOf(document, "Object").map((entry) => {
    const [key = "", id] = [unescaped(textsOf(entry, "Key")[0] ?? ""), textsOf(entry, "VersionId")[0]];
    try {
      removeOne(request, stored, key, id ?? null);
      return { deleted: { Key: key, VersionId: id } };
    } catch (error) {
      if (!(error instanceof StorageError)) throw error;
      return { error: { Key: key, VersionId: id, Code: error.code, Message: error.message } };
    }
  });
  const body = xmlAnswer("DeleteResult", {
    Deleted: outcomes.flatMap(({ deleted }) => (deleted ? [deleted] : [])),
    Error: outcomes.flatMap(({ error }) => (error ? [error] : [])),
  });
  return { status: 200, body };
}
