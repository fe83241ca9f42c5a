// SPDX-License-Identifier: Apache-2.0
import type { PropertyMap } from "../../../../provider/grpc/provider";
import { isStatus } from "../api/errors";
import { elementOf, type BucketClient, type StorageCall } from "../api/storage";
import type { Call, ResourceDefinition } from "../core/resource";
import { either, optional, output } from "../core/schema";
import { flag, isObject, text } from "../core/values";
import { fullId, splitId } from "../locality";
import { chosenProject, chosenRegion, ignoringGone, name, projectId, region } from "./common";
import { lifecycleDocument, lifecycleIn, lifecycleRules } from "./lifecycle";

const VERSIONING = (enabled: boolean): string =>
  `<VersioningConfiguration xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Status>${enabled ? "Enabled" : "Suspended"}</Status></VersioningConfiguration>`;

/** What the real provider asks for at each read, in its order. */
const READS: readonly [operation: string, query?: string][] = [
  ["GetBucketAcl", "acl="],
  ["GetObjectLockConfiguration", "object-lock="],
  ["ListObjects"],
  ["GetBucketTagging", "tagging="],
  ["GetBucketCors", "cors="],
  ["GetBucketVersioning", "versioning="],
  ["GetBucketLifecycleConfiguration", "lifecycle="],
];
/** Of a bucket that is gone the real provider notices at the list. */
const LIST = 2;

/** Buckets without tags and CORS: the cloud has none of them. */
export const bucket: ResourceDefinition = {
  token: "scaleway:object/bucket:Bucket",
  schema: {
    acl: optional({ default: "private" }),
    apiEndpoint: output(),
    corsRules: output({ kind: "list" }),
    endpoint: output(),
    forceDestroy: optional({ kind: "bool", default: false }),
    lifecycleRules,
    name: { ...name, forceNew: true },
    objectLockEnabled: optional({ kind: "bool", forceNew: true }),
    projectId,
    region,
    versioning: either({ kind: "object", fields: { enabled: optional({ kind: "bool", default: false }) } }),
  },

  async create(planned, call) {
    const inRegion = chosenRegion(planned, call.defaults);
    const called = text(planned.name);
    const client = call.api.bucket(inRegion, called, chosenProject(planned, call.defaults));
    const lock = flag(planned.objectLockEnabled);
    await client.call({
      operation: "CreateBucket",
      method: "PUT",
      headers: lock ? { "x-amz-bucket-object-lock-enabled": "true" } : {},
    });
    call.created(fullId(inRegion, called));
    await client.call({
      operation: "PutBucketAcl",
      method: "PUT",
      query: "acl=",
      headers: { "x-amz-acl": text(planned.acl) || "private" },
    });
    if (versioned(planned) && !lock) await putVersioning(client, true);
    if (hasRules(planned)) await putRules(client, planned);
  },

  async read(id, call, prior) {
    const { locality, id: called } = splitId(id);
    const client = call.api.bucket(locality, called, chosenProject(prior, call.defaults));
    const found: Record<string, string> = {};
    for (const [index, [operation, query]] of READS.entries()) {
      const document = await unlessMissing(client, { operation, method: "GET", query });
      if (document === undefined && index === LIST) return undefined;
      found[operation] = document ?? "";
    }
    const owner = elementOf(found.GetBucketAcl ?? "", "ID");
    return {
      acl: "private",
      apiEndpoint: `https://s3.${locality}.scw.cloud`,
      corsRules: [],
      endpoint: `https://${called}.s3.${locality}.scw.cloud`,
      lifecycleRules: lifecycleIn(found.GetBucketLifecycleConfiguration ?? ""),
      name: called,
      objectLockEnabled: elementOf(found.GetObjectLockConfiguration ?? "", "ObjectLockEnabled") === "Enabled",
      projectId: owner?.split(":")[0] ?? chosenProject(prior, call.defaults),
      region: locality,
      versioning: { enabled: elementOf(found.GetBucketVersioning ?? "", "Status") === "Enabled" },
    };
  },

  async update(id, change, call) {
    const client = clientOf(id, change.planned, call);
    if (change.has("versioning")) await putVersioning(client, versioned(change.planned));
    if (change.has("lifecycleRules")) await putRules(client, change.planned);
  },

  async delete(id, prior, call) {
    const client = clientOf(id, prior, call);
    if (flag(prior.forceDestroy)) await ignoringGone(empty(client));
    await ignoringGone(client.call({ operation: "DeleteBucket", method: "DELETE" }));
  },
};

function clientOf(id: string, properties: PropertyMap, call: Call): BucketClient {
  const { locality, id: called } = splitId(id);
  return call.api.bucket(locality, called, chosenProject(properties, call.defaults));
}

function versioned(planned: PropertyMap): boolean {
  return isObject(planned.versioning) && flag(planned.versioning.enabled);
}

const hasRules = ({ lifecycleRules: rules }: PropertyMap): boolean => Array.isArray(rules) && rules.length > 0;

async function putRules(client: BucketClient, planned: PropertyMap): Promise<void> {
  const query = "lifecycle=";
  if (!hasRules(planned)) {
    await client.call({ operation: "DeleteBucketLifecycle", method: "DELETE", query });
    return;
  }
  const body = lifecycleDocument(planned.lifecycleRules);
  await client.call({ operation: "PutBucketLifecycleConfiguration", method: "PUT", query, body });
}

async function putVersioning(client: BucketClient, enabled: boolean): Promise<void> {
  const call = { operation: "PutBucketVersioning", method: "PUT", query: "versioning=" } as const;
  await client.call({ ...call, body: VERSIONING(enabled) });
}

/** Settings that nobody made are answered with 404. */
async function unlessMissing(client: BucketClient, call: StorageCall): Promise<string | undefined> {
  try {
    return await client.call(call);
  } catch (error) {
    if (isStatus(error, 404)) return undefined;
    throw error;
  }
}

/** Deletes every version of every object, also those that a rule of the kind "governance" holds. */
async function empty(client: BucketClient): Promise<void> {
  for (;;) {
    const document = await client.call({ operation: "ListObjectVersions", method: "GET", query: "versions=" });
    const found = [
      ...document.matchAll(/<(?:Version|DeleteMarker)><Key>([^<]*)<\/Key>.*?<VersionId>([^<]*)<\/VersionId>/g),
    ];
    for (const [, key = "", versionId = ""] of found) {
      await client.call({
        operation: "DeleteObject",
        method: "DELETE",
        key,
        query: `versionId=${versionId}`,
        headers: { "x-amz-bypass-governance-retention": "true" },
      });
    }
    if (elementOf(document, "IsTruncated") !== "true") return;
  }
}
