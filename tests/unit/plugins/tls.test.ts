// SPDX-License-Identifier: Apache-2.0
import { spawnSync } from "node:child_process";
import { createHash, createPrivateKey, createPublicKey } from "node:crypto";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { utils } from "ssh2";
import { tlsProvider } from "../../../lab/plugins/tls/provider";
import { Secret, UNKNOWN, type PropertyMap } from "../../../provider/grpc/provider";
import { revealMap } from "../../../provider/grpc/values";
import { connectProvider, type ProviderClient } from "../../helpers/provider-client";

const KEY = { type: "tls:index/privateKey:PrivateKey" };
const opensshTools = spawnSync("ssh-keygen", ["-?"]).error === undefined;

/** `ssh-keygen -y`: the public half of a private key file. */
function publicHalf(privateKey: string): string {
  const directory = fs.mkdtempSync(path.join(os.tmpdir(), "tls-"));
  try {
    const file = path.join(directory, "key");
    fs.writeFileSync(file, privateKey, { mode: 0o600 });
    const { stdout, stderr, status } = spawnSync("ssh-keygen", ["-y", "-P", "", "-f", file], { encoding: "utf8" });
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    return stdout.trim().split(" ").slice(0, 2).join(" ");
  } finally {
    fs.rmSync(directory, { recursive: true });
  }
}

describe("the tls provider's stand-in", () => {
  let client: ProviderClient;
  beforeAll(async () => {
    client = await connectProvider(tlsProvider("5.6.1"));
  });
  afterAll(() => client.close());

  const create = async (inputs: PropertyMap) => {
    const checked = await client.check(KEY, inputs);
    expect(checked.failures).toEqual([]);
    return client.create(KEY, checked.inputs);
  };

  const kinds: { inputs: PropertyMap; begin: string; ssh: string }[] = [
    { inputs: { algorithm: "ED25519" }, begin: "PRIVATE KEY", ssh: "ssh-ed25519" },
    { inputs: { algorithm: "ECDSA", ecdsaCurve: "P256" }, begin: "EC PRIVATE KEY", ssh: "ecdsa-sha2-nistp256" },
    { inputs: { algorithm: "ECDSA", ecdsaCurve: "P384" }, begin: "EC PRIVATE KEY", ssh: "ecdsa-sha2-nistp384" },
    { inputs: { algorithm: "ECDSA", ecdsaCurve: "P521" }, begin: "EC PRIVATE KEY", ssh: "ecdsa-sha2-nistp521" },
    { inputs: { algorithm: "RSA", rsaBits: 1024 }, begin: "RSA PRIVATE KEY", ssh: "ssh-rsa" },
  ];

  it.each(kinds)("makes one $inputs key in all its forms", async ({ inputs, begin, ssh }) => {
    const { id, properties } = await create(inputs);
    for (const name of ["privateKeyPem", "privateKeyPemPkcs8", "privateKeyOpenssh"])
      expect(properties[name]).toBeInstanceOf(Secret);
    const texts = revealMap(properties) as Record<string, string>;
    const [privateKeyPem = "", openssh = "", line = ""] = [
      texts["privateKeyPem"],
      texts["privateKeyOpenssh"],
      texts["publicKeyOpenssh"],
    ];
    expect(privateKeyPem).toMatch(new RegExp(`^-----BEGIN ${begin}-----\\n[^]*-----END ${begin}-----\\n$`));
    expect(openssh).toMatch(/^-----BEGIN OPENSSH PRIVATE KEY-----\n[^]*-----END OPENSSH PRIVATE KEY-----\n$/);
    expect(line).toMatch(new RegExp(`^${ssh} [A-Za-z0-9+/=]+\\n$`));

    const spki = createPublicKey(texts["publicKeyPem"] ?? "").export({ type: "spki", format: "der" });
    for (const form of [privateKeyPem, texts["privateKeyPemPkcs8"] ?? ""]) {
      expect(createPublicKey(createPrivateKey(form)).export({ type: "spki", format: "der" }).equals(spki)).toBe(true);
    }
    expect(id).toBe(createHash("sha1").update(spki).digest("hex"));

    const parsed = utils.parseKey(openssh);
    if (parsed instanceof Error) throw parsed;
    const blob = Buffer.from(line.split(" ")[1] ?? "", "base64");
    expect(parsed.getPublicSSH().equals(blob)).toBe(true);
    expect(texts["publicKeyFingerprintSha256"]).toBe(
      `SHA256:${createHash("sha256").update(blob).digest("base64").replace(/=+$/, "")}`,
    );
    expect(texts["publicKeyFingerprintMd5"]).toBe(createHash("md5").update(blob).digest("hex").match(/../g)?.join(":"));
    if (opensshTools) expect(publicHalf(openssh)).toBe(line.trim());
  });

  it("has no OpenSSH form of the default ECDSA curve, P224", async () => {
    const { properties } = await create({ algorithm: "ECDSA" });
    expect(properties).toMatchObject({
      ecdsaCurve: "P224",
      rsaBits: 2048,
      privateKeyOpenssh: new Secret(""),
      publicKeyOpenssh: "",
      publicKeyFingerprintMd5: "",
      publicKeyFingerprintSha256: "",
    });
    expect(createPrivateKey((properties["privateKeyPem"] as Secret).value as string).asymmetricKeyDetails).toEqual({
      namedCurve: "secp224r1",
    });
  });

  it("makes nothing in a preview, replaces on any change, and refuses what it cannot make", async () => {
    const preview = await client.create({ ...KEY, preview: true }, { algorithm: "ED25519" });
    expect(preview).toMatchObject({
      id: "",
      properties: { privateKeyPem: new Secret(UNKNOWN), publicKeyOpenssh: UNKNOWN, rsaBits: 2048 },
    });
    const inputs = { algorithm: "RSA" };
    expect(await client.diff(KEY, { inputs, outputs: {} }, { ...inputs, rsaBits: 4096 })).toMatchObject({
      replacesList: ["rsaBits"],
      detaileddiffMap: [["rsaBits", { kind: 1, inputdiff: false }]],
    });
    expect((await client.check(KEY, { algorithm: "DSA", ecdsaCurve: "P1", rsaBits: 512 })).failures).toEqual([
      { property: "algorithm", reason: "'algorithm' must be one of RSA, ECDSA, ED25519" },
      { property: "ecdsaCurve", reason: "'ecdsaCurve' must be one of P224, P256, P384, P521" },
      { property: "rsaBits", reason: "'rsaBits' must be at least 1024" },
    ]);
    await expect(client.check({ type: "tls:index/selfSignedCert:SelfSignedCert" }, {})).rejects.toThrow(
      "only tls:index/privateKey",
    );
  });
});
