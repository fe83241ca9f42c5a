// SPDX-License-Identifier: Apache-2.0
import type { StoredBucket, Version } from "./store";
import { xmlAnswer, type XmlFields } from "./xml";

const MOST = 1000;

interface Page {
  entries: Version[];
  prefixes: string[];
  truncated: boolean;
  /** The last key or prefix on the page. */
  last: string;
}

/** One page of keys behind `after`; keys that share what stands before the delimiter are one prefix. */
function page(versions: Version[], query: URLSearchParams, after: (version: Version) => boolean): Page {
  const [prefix, delimiter] = [query.get("prefix") ?? "", query.get("delimiter") ?? ""];
  const most = Math.min(Number(query.get("max-keys") ?? MOST), MOST);
  const found: Page = { entries: [], prefixes: [], truncated: false, last: "" };
  for (const version of versions) {
    if (!version.key.startsWith(prefix) || !after(version)) continue;
    const end = delimiter === "" ? -1 : version.key.indexOf(delimiter, prefix.length);
    const shared = end < 0 ? undefined : version.key.slice(0, end + delimiter.length);
    if (shared !== undefined && found.prefixes.includes(shared)) {
      // So that the next page does not begin with the same prefix again.
      found.last = version.key;
      continue;
    }
    if (found.entries.length + found.prefixes.length >= most) {
      found.truncated = true;
      return found;
    }
    if (shared === undefined) found.entries.push(version);
    else found.prefixes.push(shared);
    found.last = version.key;
  }
  return found;
}

const currentOnes = (stored: StoredBucket): Version[] =>
  stored.versions().filter((version) => stored.current(version.key) === version);

/** Keys are compared as bytes, as S3 orders them. */
const isAfter = (key: string, mark: string): boolean => Buffer.compare(Buffer.from(key), Buffer.from(mark)) > 0;

function common(stored: StoredBucket, query: URLSearchParams, { prefixes, truncated }: Page): XmlFields {
  return {
    Name: stored.bucket.name,
    Prefix: query.get("prefix") ?? "",
    Delimiter: query.get("delimiter") ?? undefined,
    MaxKeys: Number(query.get("max-keys") ?? MOST),
    IsTruncated: truncated,
    CommonPrefixes: prefixes.map((prefix) => ({ Prefix: prefix })),
  };
}

const contents = ({ key, modified, etag, size }: Version): XmlFields => ({
  Key: key,
  LastModified: new Date(modified).toISOString(),
  ETag: `"${etag}"`,
  Size: size,
  StorageClass: "STANDARD",
});

/** ListObjects: marked by the last key. */
export function listObjects(stored: StoredBucket, query: URLSearchParams): string {
  const marker = query.get("marker") ?? "";
  const found = page(currentOnes(stored), query, ({ key }) => isAfter(key, marker));
  return xmlAnswer("ListBucketResult", {
    ...common(stored, query, found),
    Marker: marker,
    NextMarker: found.truncated ? found.last : undefined,
    Contents: found.entries.map(contents),
  });
}

/** ListObjectsV2: the token is the last key, in base64. */
export function listObjectsV2(stored: StoredBucket, query: URLSearchParams): string {
  const token = query.get("continuation-token");
  const mark = token === null ? (query.get("start-after") ?? "") : Buffer.from(token, "base64url").toString();
  const found = page(currentOnes(stored), query, ({ key }) => isAfter(key, mark));
  return xmlAnswer("ListBucketResult", {
    ...common(stored, query, found),
    KeyCount: found.entries.length + found.prefixes.length,
    ContinuationToken: token ?? undefined,
    NextContinuationToken: found.truncated ? Buffer.from(found.last).toString("base64url") : undefined,
    Contents: found.entries.map(contents),
  });
}

/** ListObjectVersions: everything that is there, deleted or not. */
export function listVersions(stored: StoredBucket, query: URLSearchParams): string {
  const [keyMark, idMark] = [query.get("key-marker") ?? "", query.get("version-id-marker") ?? ""];
  const all = stored.versions();
  const marked = all.findIndex(({ key, id }) => key === keyMark && id === idMark);
  const behind = new Set(marked < 0 ? all.filter(({ key }) => isAfter(key, keyMark)) : all.slice(marked + 1));
  const found = page(all, query, (version) => behind.has(version));
  const row = (version: Version): XmlFields => ({
    ...(version.marker
      ? { Key: version.key, LastModified: new Date(version.modified).toISOString() }
      : contents(version)),
    VersionId: version.id,
    IsLatest: stored.versions().find(({ key }) => key === version.key) === version,
  });
  const last = found.entries.at(-1);
  return xmlAnswer("ListVersionsResult", {
    ...common(stored, query, found),
    NextKeyMarker: found.truncated ? last?.key : undefined,
    NextVersionIdMarker: found.truncated ? last?.id : undefined,
    Version: found.entries.filter(({ marker }) => !marker).map(row),
    DeleteMarker: found.entries.filter(({ marker }) => marker).map(row),
  });
}
