// SPDX-License-Identifier: Apache-2.0
import { badRequest, notImplemented, StorageError } from "./errors";
import { listObjects, listObjectsV2, listVersions } from "./lists";
import { demand, documentOf, type StorageAnswer, type StorageRequest, type StorageWorld } from "./request";
import type { StoredBucket } from "./store";
import { xmlAnswer } from "./xml";

const NAME = /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/;

/** Subresources that are kept as they came, and what is said where there is none. */
const SETTINGS: Record<string, { missing?: [code: string, message: string]; empty?: [root: string, child: string] }> = {
  tagging: { missing: ["NoSuchTagSet", "There is no tag set associated with the bucket"] },
  cors: { missing: ["NoSuchCORSConfiguration", "The CORS configuration does not exist"] },
  lifecycle: { missing: ["NoSuchLifecycleConfiguration", "The lifecycle configuration does not exist"] },
  policy: { missing: ["NoSuchBucketPolicy", "The bucket policy does not exist"] },
  "object-lock": {
    missing: ["ObjectLockConfigurationNotFoundError", "Object Lock configuration does not exist for this bucket"],
  },
  versioning: { empty: ["VersioningConfiguration", "Status"] },
};

/** Calls on a bucket, and on the list of all. */
export async function bucketCall(world: StorageWorld, request: StorageRequest): Promise<StorageAnswer> {
  if (request.bucket === "") return listBuckets(world, request);
  const existing = world.buckets.find(request.bucket);
  if (request.method === "PUT" && [...request.query.keys()].length === 0) return create(world, request, existing);
  if (existing === undefined) throw new StorageError(404, "NoSuchBucket", "The specified bucket does not exist");
  const subresource = Object.keys(SETTINGS).find((name) => request.query.has(name));
  if (subresource !== undefined) return setting(request, existing, subresource);
  if (request.query.has("acl")) return acl(request, existing);
  switch (request.method) {
    case "HEAD":
      demand(request, "buckets", "read", existing);
      return { status: 200, headers: { "x-amz-bucket-region": existing.bucket.region } };
    case "GET":
      return list(request, existing);
    case "DELETE":
      demand(request, "buckets", "write", existing);
      if (!existing.isEmpty) {
        throw new StorageError(409, "BucketNotEmpty", "The bucket you tried to delete is not empty");
      }
      world.buckets.remove(request.bucket);
      return { status: 204 };
    default:
      throw notImplemented(`${request.method} of a bucket`);
  }
}

function listBuckets(world: StorageWorld, request: StorageRequest): StorageAnswer {
  if (request.method !== "GET") throw notImplemented(`${request.method} without a bucket`);
  const mine = world.buckets.all().filter(({ bucket }) => request.principal.can("buckets", "read", bucket.projectId));
  const rows = mine.map(({ bucket }) => ({
    Name: bucket.name,
    CreationDate: new Date(bucket.createdAt).toISOString(),
  }));
  const body = xmlAnswer("ListAllMyBucketsResult", { Owner: ownerOf(world.organizationId), Buckets: { Bucket: rows } });
  return { status: 200, body };
}

async function create(
  world: StorageWorld,
  request: StorageRequest,
  existing: StoredBucket | undefined,
): Promise<StorageAnswer> {
  demand(request, "buckets", "write");
  await documentOf(request);
  if (!NAME.test(request.bucket)) throw badRequest("InvalidBucketName", "The specified bucket is not valid.");
  if (existing !== undefined) {
    const mine = existing.bucket.projectId === request.projectId;
    throw mine
      ? new StorageError(409, "BucketAlreadyOwnedByYou", "Your previous request to create the named bucket succeeded")
      : new StorageError(409, "BucketAlreadyExists", "The requested bucket name is not available.");
  }
  world.buckets.create({
    name: request.bucket,
    projectId: request.projectId,
    region: request.region,
    createdAt: request.now,
    acl: "private",
    lockEnabled: request.headers["x-amz-bucket-object-lock-enabled"] === "true",
    settings: {},
  });
  return { status: 200, headers: { location: `/${request.bucket}` } };
}

async function setting(request: StorageRequest, stored: StoredBucket, name: string): Promise<StorageAnswer> {
  const { bucket } = stored;
  if (request.method === "GET") {
    demand(request, "buckets", "read", stored);
    const kept = bucket.settings[name];
    if (kept !== undefined) return { status: 200, body: kept };
    const { missing, empty } = SETTINGS[name]!;
    if (name === "object-lock" && bucket.lockEnabled) {
      return { status: 200, body: xmlAnswer("ObjectLockConfiguration", { ObjectLockEnabled: "Enabled" }) };
    }
    if (empty !== undefined) {
      const status = name === "versioning" && stored.versioned ? "Enabled" : "";
      return { status: 200, body: xmlAnswer(empty[0], { [empty[1]]: status }) };
    }
    throw new StorageError(404, missing![0], missing![1]);
  }
  demand(request, "buckets", "write", stored);
  const document = await documentOf(request);
  if (request.method === "DELETE") delete bucket.settings[name];
  else if (request.method === "PUT") put(stored, name, document);
  else throw notImplemented(`${request.method} of ?${name}`);
  stored.save();
  return { status: request.method === "DELETE" ? 204 : 200 };
}

function put({ bucket }: StoredBucket, name: string, document: string): void {
  if (name === "object-lock" && !bucket.lockEnabled) {
    throw new StorageError(
      409,
      "InvalidBucketState",
      "Object Lock configuration cannot be enabled on existing buckets",
    );
  }
  if (name === "versioning" && bucket.lockEnabled && !document.includes("<Status>Enabled</Status>")) {
    throw new StorageError(
      409,
      "InvalidBucketState",
      "The versioning of a bucket with Object Lock cannot be suspended",
    );
  }
  bucket.settings[name] = document;
}

function acl(request: StorageRequest, stored: StoredBucket): StorageAnswer {
  const { bucket } = stored;
  if (request.method === "PUT") {
    demand(request, "buckets", "write", stored);
    const wanted = request.headers["x-amz-acl"];
    if (wanted !== "private") throw notImplemented("ACL other than private");
    bucket.acl = wanted;
    stored.save();
    return { status: 200 };
  }
  if (request.method !== "GET") throw notImplemented(`${request.method} of ?acl`);
  demand(request, "buckets", "read", stored);
  const owner = ownerOf(bucket.projectId);
  const grant = { Grantee: owner, Permission: "FULL_CONTROL" };
  return {
    status: 200,
    body: xmlAnswer("AccessControlPolicy", { Owner: owner, AccessControlList: { Grant: [grant] } }),
  };
}

/** Scaleway's owners are `<project>:<project>`. */
function ownerOf(id: string): { DisplayName: string; ID: string } {
  return { DisplayName: `${id}:${id}`, ID: `${id}:${id}` };
}

function list(request: StorageRequest, stored: StoredBucket): StorageAnswer {
  const { query } = request;
  if (query.has("location")) {
    demand(request, "buckets", "read", stored);
    const { region } = stored.bucket;
    return {
      status: 200,
      body: `<?xml version="1.0" encoding="UTF-8"?><LocationConstraint>${region}</LocationConstraint>`,
    };
  }
  demand(request, "objects", "read", stored);
  if (query.has("versions")) return { status: 200, body: listVersions(stored, query) };
  if (query.has("uploads")) throw notImplemented("list of uploads");
  return {
    status: 200,
    body: query.get("list-type") === "2" ? listObjectsV2(stored, query) : listObjects(stored, query),
  };
}
