// SPDX-License-Identifier: Apache-2.0
import { spawnSync } from "node:child_process";
import { createHash, createPrivateKey, createPublicKey, X509Certificate } from "node:crypto";
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
    await expect(client.check({ type: "tls:index/other:Other" }, {})).rejects.toThrow("only tls:index/privateKey");
  });

  describe("certificates", () => {
    const CA = { type: "tls:index/selfSignedCert:SelfSignedCert" };
    const REQUEST = { type: "tls:index/certRequest:CertRequest" };
    const SIGNED = { type: "tls:index/locallySignedCert:LocallySignedCert" };
    const make = async (resource: { type: string }, inputs: PropertyMap) => {
      const checked = await client.check(resource, inputs);
      expect(checked.failures).toEqual([]);
      const { id, properties } = await client.create(resource, checked.inputs);
      return { id, inputs: checked.inputs, properties, texts: revealMap(properties) as Record<string, string> };
    };
    const keyOf = async (inputs: PropertyMap) =>
      (revealMap((await create(inputs)).properties) as Record<string, string>)["privateKeyPem"]!;
    const signed = async (key: PropertyMap, earlyRenewalHours: number) => {
      const [caKey, leafKey] = [await keyOf(key), await keyOf(key)];
      const ca = await make(CA, {
        privateKeyPem: caKey,
        subject: { commonName: "authority" },
        isCaCertificate: true,
        allowedUses: ["cert_signing", "crl_signing"],
        validityPeriodHours: 48,
      });
      const request = await make(REQUEST, {
        privateKeyPem: leafKey,
        subject: { commonName: "fe", organization: "o" },
        dnsNames: ["fe", "fe.cloud.internal"],
        ipAddresses: ["10.16.0.10", "2001:db8::1"],
      });
      const leaf = await make(SIGNED, {
        caPrivateKeyPem: caKey,
        caCertPem: ca.texts["certPem"]!,
        certRequestPem: request.texts["certRequestPem"]!,
        allowedUses: ["digital_signature", "server_auth"],
        validityPeriodHours: 24,
        earlyRenewalHours,
      });
      return { ca, leaf, leafKey };
    };

    it.each<PropertyMap>([
      { algorithm: "ECDSA", ecdsaCurve: "P256" },
      { algorithm: "RSA", rsaBits: 2048 },
      { algorithm: "ED25519" },
    ])("an authority's certificate for a request holds before OpenSSL: %p", async (key) => {
      const { ca, leaf, leafKey } = await signed(key, 0);
      const certificate = new X509Certificate(leaf.texts["certPem"]!);
      expect(certificate.checkPrivateKey(createPrivateKey(leafKey))).toBe(true);
      expect(certificate.subjectAltName).toBe(
        "DNS:fe, DNS:fe.cloud.internal, IP Address:10.16.0.10, IP Address:2001:DB8:0:0:0:0:0:1",
      );
      expect(Date.parse(leaf.texts["validityEndTime"]!) - Date.parse(leaf.texts["validityStartTime"]!)).toBe(
        86_400_000,
      );
      expect(new Date(certificate.validTo).getTime()).toBe(Date.parse(leaf.texts["validityEndTime"]!));
      expect(leaf.id).toBe(BigInt(`0x${certificate.serialNumber}`).toString());
      const directory = fs.mkdtempSync(path.join(os.tmpdir(), "tls-"));
      try {
        const file = path.join(directory, "ca.pem");
        fs.writeFileSync(file, ca.texts["certPem"]!);
        const args = ["verify", "-x509_strict", "-purpose", "sslserver", "-verify_hostname", "fe", "-CAfile", file];
        const { stdout, stderr } = spawnSync("openssl", args, { encoding: "utf8", input: leaf.texts["certPem"] });
        expect(`${stdout}${stderr}`).toBe("stdin: OK\n");
      } finally {
        fs.rmSync(directory, { recursive: true });
      }
    });

    it("replaces a certificate whose early renewal has come, and no other", async () => {
      const due = (await signed({ algorithm: "ECDSA", ecdsaCurve: "P256" }, 24)).leaf;
      const diff = await client.diff(SIGNED, { inputs: due.inputs, outputs: due.properties }, due.inputs);
      expect(diff).toMatchObject({ changes: 2, replacesList: ["readyForRenewal"] });
      const fresh = (await signed({ algorithm: "ECDSA", ecdsaCurve: "P256" }, 23)).leaf;
      expect(
        await client.diff(SIGNED, { inputs: fresh.inputs, outputs: fresh.properties }, fresh.inputs),
      ).toMatchObject({ changes: 1, replacesList: [] });
    });

    it("refuses uses that there are not", async () => {
      const { failures } = await client.check(CA, {
        privateKeyPem: "x",
        allowedUses: ["everything"],
        validityPeriodHours: 1,
      });
      expect(failures.map(({ property }) => property)).toEqual(["allowedUses"]);
    });
  });
});
