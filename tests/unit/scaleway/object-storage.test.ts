// SPDX-License-Identifier: Apache-2.0
import { createHash, randomBytes } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { restic, storageCall, type StorageAccess } from "../../helpers/object-storage";
import { Api, iam } from "./api";

let api: Api;

beforeEach(async () => {
  api = await new Api().start();
});
afterEach(() => api.end());

function operator(): StorageAccess {
  const { accessKey, secretKey } = api.credentials;
  return { url: api.url, accessKey, secretKey };
}

async function bucket(name = "backups", headers: Record<string, string> = {}): Promise<void> {
  expect((await storageCall(operator(), "PUT", `/${name}`, { headers })).status).toBe(200);
}

async function put(path: string, body: string | Buffer): Promise<string> {
  const reply = await storageCall(operator(), "PUT", path, { body });
  expect(reply.status).toBe(200);
  return reply.headers.get("x-amz-version-id") ?? "";
}

const LOCKED = (mode: string): string =>
  `<ObjectLockConfiguration><ObjectLockEnabled>Enabled</ObjectLockEnabled><Rule><DefaultRetention><Mode>${mode}</Mode>` +
  "<Days>7</Days></DefaultRetention></Rule></ObjectLockConfiguration>";
const keysOf = (document: string): string[] => [...document.matchAll(/<Key>([^<]*)<\/Key>/g)].map(([, key]) => key!);

test("objects come back whole and in ranges, and survive a restart", async () => {
  await bucket();
  const content = randomBytes(100_000);
  await put("/backups/a/b", content);
  await api.stop();
  await api.start();
  const whole = await storageCall(operator(), "HEAD", "/backups/a/b");
  expect(whole.headers.get("content-length")).toBe("100000");
  expect(whole.headers.get("etag")).toBe(`"${createHash("md5").update(content).digest("hex")}"`);
  await put("/backups/text", "0123456789");
  const range = (bytes: string) => storageCall(operator(), "GET", "/backups/text", { headers: { Range: bytes } });
  expect(await range("bytes=2-4")).toMatchObject({ status: 206, text: "234" });
  expect(await range("bytes=7-")).toMatchObject({ status: 206, text: "789" });
  expect(await range("bytes=-2")).toMatchObject({ status: 206, text: "89" });
  expect((await range("bytes=20-30")).status).toBe(416);
  expect((await storageCall(operator(), "GET", "/backups/none")).text).toContain("<Code>NoSuchKey</Code>");
  expect((await storageCall(operator(), "DELETE", "/backups")).text).toContain("<Code>BucketNotEmpty</Code>");
});

test("lists go on from page to page, in the order of bytes, with prefixes", async () => {
  await bucket();
  for (const key of ["b/2", "b/1", "a", "c/1/x", "c/2", "d&<e"])
    await put(`/backups/${key.split("/").map(encodeURIComponent).join("/")}`, key);
  const found: string[] = [];
  let token = "";
  do {
    const query = `list-type=2&max-keys=2${token === "" ? "" : `&continuation-token=${token}`}`;
    const { text } = await storageCall(operator(), "GET", `/backups?${query}`);
    found.push(...keysOf(text));
    token = /<NextContinuationToken>([^<]*)</.exec(text)?.[1] ?? "";
  } while (token !== "");
  expect(found).toEqual(["a", "b/1", "b/2", "c/1/x", "c/2", "d&#38;&#60;e"]);
  const { text } = await storageCall(operator(), "GET", "/backups?delimiter=%2F&list-type=2");
  expect([...text.matchAll(/<CommonPrefixes><Prefix>([^<]*)/g)].map(([, prefix]) => prefix)).toEqual(["b/", "c/"]);
});

test("an upload in parts is one object; parts that are missing or too small are refused", async () => {
  await bucket();
  const begin = await storageCall(operator(), "POST", "/backups/big?uploads");
  const id = /<UploadId>([^<]*)</.exec(begin.text)![1]!;
  const parts = [randomBytes(5 * 1024 * 1024), randomBytes(1000)];
  const etags: string[] = [];
  for (const [index, body] of parts.entries()) {
    const reply = await storageCall(operator(), "PUT", `/backups/big?partNumber=${index + 1}&uploadId=${id}`, { body });
    etags.push(reply.headers.get("etag")!);
  }
  const list = (tags: string[]): string =>
    `<CompleteMultipartUpload>${tags.map((etag, index) => `<Part><PartNumber>${index + 1}</PartNumber><ETag>${etag}</ETag></Part>`).join("")}</CompleteMultipartUpload>`;
  const complete = (body: string) => storageCall(operator(), "POST", `/backups/big?uploadId=${id}`, { body });
  expect((await complete(list([etags[0]!, '"0"']))).text).toContain("<Code>InvalidPart</Code>");
  expect((await complete(list(etags))).status).toBe(200);
  const head = await storageCall(operator(), "HEAD", "/backups/big");
  expect(head.headers.get("content-length")).toBe(String(5 * 1024 * 1024 + 1000));
  expect(head.headers.get("etag")).toMatch(/-2"$/);
  expect((await complete(list(etags))).text).toContain("<Code>NoSuchUpload</Code>");
});

test("a deleted object of a versioned bucket is hidden, and a locked version cannot be deleted", async () => {
  await bucket("locked", { "x-amz-bucket-object-lock-enabled": "true" });
  const body = LOCKED("COMPLIANCE");
  expect((await storageCall(operator(), "PUT", "/locked?object-lock=", { body })).status).toBe(200);
  const version = await put("/locked/a", "one");
  const removed = await storageCall(operator(), "DELETE", "/locked/a");
  expect(removed.headers.get("x-amz-delete-marker")).toBe("true");
  expect((await storageCall(operator(), "GET", "/locked/a")).status).toBe(404);
  expect((await storageCall(operator(), "GET", `/locked/a?versionId=${version}`)).text).toBe("one");
  const bypass = { "x-amz-bypass-governance-retention": "true" };
  const drop = () => storageCall(operator(), "DELETE", `/locked/a?versionId=${version}`, { headers: bypass });
  expect((await drop()).text).toContain("<Code>AccessDenied</Code>");
  // What the owner may bypass is the other mode alone, and time ends both.
  await storageCall(operator(), "PUT", "/locked?object-lock=", { body: LOCKED("GOVERNANCE") });
  expect((await drop()).status).toBe(204);
  const other = await put("/locked/b", "two");
  const plain = () => storageCall(operator(), "DELETE", `/locked/b?versionId=${other}`);
  expect((await plain()).status).toBe(403);
  api.time += 8 * 86_400_000;
  expect((await plain()).status).toBe(204);
});

test("a lifecycle rule drops what has been hidden for long enough and no lock holds", async () => {
  await bucket("locked", { "x-amz-bucket-object-lock-enabled": "true" });
  await storageCall(operator(), "PUT", "/locked?object-lock=", { body: LOCKED("COMPLIANCE") });
  const rule = "<NoncurrentVersionExpiration><NoncurrentDays>2</NoncurrentDays></NoncurrentVersionExpiration>";
  const marks = "<Expiration><ExpiredObjectDeleteMarker>true</ExpiredObjectDeleteMarker></Expiration>";
  const body = `<LifecycleConfiguration><Rule>${marks}${rule}<Status>Enabled</Status></Rule></LifecycleConfiguration>`;
  expect((await storageCall(operator(), "PUT", "/locked?lifecycle=", { body })).status).toBe(200);
  const versions = async (): Promise<number> =>
    (await storageCall(operator(), "GET", "/locked?versions=")).text.match(/<VersionId>/g)?.length ?? 0;
  await put("/locked/hidden", "one");
  await storageCall(operator(), "DELETE", "/locked/hidden");
  await put("/locked/kept", "two");
  api.time += 3 * 86_400_000;
  expect(await versions()).toBe(3); // The lock of a week holds it.
  await storageCall(operator(), "DELETE", "/locked/kept");
  api.time += 5 * 86_400_000;
  expect(await versions()).toBe(0);
});

test("a request is refused with the wrong secret, an unknown key, another body, and without the right to it", async () => {
  await bucket();
  const wrong = { ...operator(), secretKey: "00000000-0000-0000-0000-000000000000" };
  expect((await storageCall(wrong, "GET", "/backups")).text).toContain("<Code>SignatureDoesNotMatch</Code>");
  const unknown = { ...operator(), accessKey: "SCW00000000000000000" };
  expect((await storageCall(unknown, "GET", "/backups")).text).toContain("<Code>InvalidAccessKeyId</Code>");
  const otherBody = { body: "a", headers: { "X-Amz-Content-Sha256": createHash("sha256").update("b").digest("hex") } };
  const mismatch = await storageCall(operator(), "PUT", "/backups/x", otherBody);
  expect(mismatch.text).toContain("<Code>XAmzContentSHA256Mismatch</Code>");
  const md5 = { body: "a", headers: { "Content-MD5": createHash("md5").update("b").digest("base64") } };
  expect((await storageCall(operator(), "PUT", "/backups/x", md5)).text).toContain("<Code>BadDigest</Code>");

  const application = await api.id("POST", `${iam}/applications`, { name: "reader" });
  const rules = [{ permission_set_names: ["ObjectStorageObjectsRead"], project_ids: [api.credentials.projectId] }];
  await api.ok("POST", `${iam}/policies`, { name: "reader", application_id: application, rules });
  const key = await api.ok("POST", `${iam}/api-keys`, { application_id: application });
  const reader = { url: api.url, accessKey: String(key.access_key), secretKey: String(key.secret_key) };
  await put("/backups/x", "y");
  expect((await storageCall(reader, "GET", "/backups/x")).text).toBe("y");
  expect((await storageCall(reader, "PUT", "/backups/x", { body: "z" })).status).toBe(403);
  expect((await storageCall(reader, "DELETE", "/backups/x")).status).toBe(403);
  expect((await storageCall(reader, "GET", "/backups?policy")).status).toBe(403);
});

describe("restic of the distribution", () => {
  let environment: Record<string, string>;
  const ok = async (args: string[]): Promise<string> => {
    const { status, stdout, stderr } = await restic(environment, args);
    if (status !== 0) throw new Error(`restic ${args.join(" ")}: ${stderr}`);
    return stdout.toString();
  };

  beforeEach(() => {
    environment = {
      AWS_ACCESS_KEY_ID: api.credentials.accessKey,
      AWS_SECRET_ACCESS_KEY: api.credentials.secretKey,
      RESTIC_PASSWORD: "unit",
      RESTIC_REPOSITORY: `s3:${api.url}/locked/repository`,
    };
  });

  test("backs up, lists, reads everything back and forgets in a bucket with object lock", async () => {
    await bucket("locked", { "x-amz-bucket-object-lock-enabled": "true" });
    await storageCall(operator(), "PUT", "/locked?object-lock=", { body: LOCKED("COMPLIANCE") });
    const folder = join(api.folder, "source");
    mkdirSync(folder);
    const content = randomBytes(3_000_000);
    writeFileSync(join(folder, "a"), content);
    await ok(["init"]);
    await ok(["backup", folder]);
    writeFileSync(join(folder, "b"), randomBytes(1000));
    await ok(["backup", folder]);
    expect(JSON.parse(await ok(["snapshots", "--json"]))).toHaveLength(2);
    expect((await restic(environment, ["dump", "latest", join(folder, "a")])).stdout.equals(content)).toBe(true);
    await ok(["forget", "--keep-last", "1", "--prune"]);
    await ok(["check", "--read-data"]);
    // What prune deleted is hidden, not gone.
    const { text } = await storageCall(operator(), "GET", "/locked?versions=");
    expect(text).toContain("<DeleteMarker>");
  });

  test("fails in words with a wrong password, and finds a pack that was changed", async () => {
    const folder = join(api.folder, "source");
    mkdirSync(folder);
    writeFileSync(join(folder, "a"), randomBytes(200_000));
    await ok(["init"]);
    await ok(["backup", folder]);
    const wrong = await restic({ ...environment, RESTIC_PASSWORD: "other" }, ["snapshots"]);
    expect(wrong.status).not.toBe(0);
    expect(wrong.stderr).toContain("wrong password");
    const data = join(api.folder, "objects", "locked", "data");
    const packs = readdirSync(data).map((name) => join(data, name));
    const [pack = ""] = packs.sort((a, b) => statSync(b).size - statSync(a).size);
    const content = readFileSync(pack);
    content[content.length / 2 - (content.length % 2) / 2]! ^= 1;
    writeFileSync(pack, content);
    expect((await restic(environment, ["check", "--read-data"])).status).not.toBe(0);
  });
});
