// SPDX-License-Identifier: Apache-2.0
import { createHash, randomUUID } from "node:crypto";
import { createReadStream, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { badRequest, noSuchBucket, noSuchUpload, notImplemented } from "./errors";
import { checkMd5, objectHeaders } from "./objects";
import { demand, documentOf, type StorageAnswer, type StorageRequest, type StorageWorld } from "./request";
import type { StoredBucket } from "./store";
import { textsOf, unescaped, xmlAnswer } from "./xml";

/** Every part but the last has at least this many bytes. */
const SMALLEST_PART = 5 * 1024 * 1024;

interface Part {
  md5: string;
  size: number;
}

/** Whether a request belongs to an upload in parts. */
export function isUploadCall({ key, query }: StorageRequest): boolean {
  return key !== "" && (query.has("uploads") || query.has("uploadId"));
}

/** Uploads in parts: begin, parts, complete, abort. */
export async function uploadCall(world: StorageWorld, request: StorageRequest): Promise<StorageAnswer> {
  const stored = world.buckets.find(request.bucket);
  if (stored === undefined) throw noSuchBucket();
  demand(request, "objects", "write", stored);
  if (request.method === "POST" && request.query.has("uploads")) return begin(request, stored);
  const id = request.query.get("uploadId") ?? "";
  const directory = stored.uploadDirectory(id);
  if (!/^[0-9a-f-]{36}$/.test(id) || !existsSync(join(directory, "upload.json"))) throw noSuchUpload();
  switch (request.method) {
    case "PUT":
      return putPart(request, stored, directory);
    case "POST":
      return complete(request, stored, directory);
    case "DELETE":
      rmSync(directory, { recursive: true, force: true });
      return { status: 204 };
    default:
      throw notImplemented(`${request.method} of an upload`);
  }
}

async function begin(request: StorageRequest, stored: StoredBucket): Promise<StorageAnswer> {
  await documentOf(request);
  const id = randomUUID();
  mkdirSync(stored.uploadDirectory(id));
  writeFileSync(join(stored.uploadDirectory(id), "upload.json"), JSON.stringify(objectHeaders(request)));
  const fields = { Bucket: request.bucket, Key: request.key, UploadId: id };
  return { status: 200, body: xmlAnswer("InitiateMultipartUploadResult", fields) };
}

async function putPart(request: StorageRequest, stored: StoredBucket, directory: string): Promise<StorageAnswer> {
  const number = Number(request.query.get("partNumber"));
  if (!Number.isInteger(number) || number < 1 || number > 10_000) {
    throw badRequest("InvalidArgument", "Part number must be an integer between 1 and 10000");
  }
  const { file, md5, size } = await stored.write(request.body);
  checkMd5(request, md5);
  renameSync(file, join(directory, String(number)));
  writeFileSync(join(directory, `${number}.json`), JSON.stringify({ md5, size }));
  return { status: 200, headers: { etag: `"${md5}"` } };
}

async function complete(request: StorageRequest, stored: StoredBucket, directory: string): Promise<StorageAnswer> {
  const document = await documentOf(request);
  const wanted = textsOf(document, "Part").map((part) => ({
    number: Number(textsOf(part, "PartNumber")[0]),
    etag: unescaped(textsOf(part, "ETag")[0] ?? "").replaceAll('"', ""),
  }));
  const parts = wanted.map(({ number, etag }, index) => {
    const file = join(directory, String(number));
    const part = existsSync(`${file}.json`) ? (JSON.parse(readFileSync(`${file}.json`, "utf8")) as Part) : undefined;
    if (part?.md5 !== etag) throw badRequest("InvalidPart", "One or more of the specified parts could not be found.");
    if (number <= (wanted[index - 1]?.number ?? 0)) throw badRequest("InvalidPartOrder", "The parts are not in order.");
    if (index < wanted.length - 1 && part.size < SMALLEST_PART) {
      throw badRequest("EntityTooSmall", "Your proposed upload is smaller than the minimum allowed size");
    }
    return { file, ...part };
  });
  if (parts.length === 0) throw badRequest("MalformedXML", "The list of parts is empty.");
  const written = await stored.write(concatenated(parts.map(({ file }) => file)));
  const hash = createHash("md5");
  for (const { md5 } of parts) hash.update(Buffer.from(md5, "hex"));
  const headers = JSON.parse(readFileSync(join(directory, "upload.json"), "utf8")) as Record<string, string>;
  const etag = `${hash.digest("hex")}-${parts.length}`;
  stored.put(request.key, written, { headers, modified: request.now, etag });
  rmSync(directory, { recursive: true, force: true });
  const fields = { Location: `/${request.bucket}/${request.key}`, Bucket: request.bucket, Key: request.key };
  return { status: 200, body: xmlAnswer("CompleteMultipartUploadResult", { ...fields, ETag: `"${etag}"` }) };
}

async function* concatenated(files: string[]): AsyncGenerator<Buffer> {
  for (const file of files) yield* createReadStream(file) as AsyncIterable<Buffer>;
}
