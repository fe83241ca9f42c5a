// SPDX-License-Identifier: Apache-2.0

/** X.509 certificates and requests as the tls provider makes them. */
import { webcrypto, createPrivateKey, createPublicKey, randomBytes, type KeyObject } from "node:crypto";
import "reflect-metadata";
import * as x509 from "@peculiar/x509";

const HOUR = 3_600_000;
const SUBJECT_ALTERNATIVE_NAME = "2.5.29.17";

/** What the provider calls uses, as bits of the key usage. */
const KEY_USES: Record<string, number> = {
  digital_signature: x509.KeyUsageFlags.digitalSignature,
  content_commitment: x509.KeyUsageFlags.nonRepudiation,
  key_encipherment: x509.KeyUsageFlags.keyEncipherment,
  data_encipherment: x509.KeyUsageFlags.dataEncipherment,
  key_agreement: x509.KeyUsageFlags.keyAgreement,
  cert_signing: x509.KeyUsageFlags.keyCertSign,
  crl_signing: x509.KeyUsageFlags.cRLSign,
  encipher_only: x509.KeyUsageFlags.encipherOnly,
  decipher_only: x509.KeyUsageFlags.decipherOnly,
};
const EXTENDED_USES: Record<string, string> = {
  server_auth: x509.ExtendedKeyUsage.serverAuth,
  client_auth: x509.ExtendedKeyUsage.clientAuth,
  code_signing: x509.ExtendedKeyUsage.codeSigning,
  email_protection: x509.ExtendedKeyUsage.emailProtection,
  timestamping: x509.ExtendedKeyUsage.timeStamping,
  ocsp_signing: x509.ExtendedKeyUsage.ocspSigning,
};

/** The uses that this stand-in knows. */
export const USES = [...Object.keys(KEY_USES), ...Object.keys(EXTENDED_USES)];

/** The parts of a subject that this stand-in knows, by the provider's name. */
export const SUBJECT_PARTS: Record<string, string> = { commonName: "CN", organization: "O", organizationalUnit: "OU" };

/** Whom a certificate is for. */
export interface Names {
  subject?: Record<string, string>;
  dnsNames?: string[];
  ipAddresses?: string[];
}

/** What a certificate allows, and for how long. */
export interface Terms {
  allowedUses: string[];
  validityPeriodHours: number;
  isCaCertificate?: boolean;
}

/** A certificate with the times that the provider shows beside it. */
export interface MadeCertificate {
  id: string;
  certPem: string;
  validityStartTime: string;
  validityEndTime: string;
}

/** A request for a certificate, signed by its key. */
export async function makeRequest(keyPem: string, names: Names): Promise<string> {
  const keys = await keyPair(keyPem);
  const request = await x509.Pkcs10CertificateRequestGenerator.create({
    name: nameOf(names),
    keys,
    signingAlgorithm: keys.algorithm,
    extensions: alternativeNames(names),
  });
  return `${request.toString("pem")}\n`;
}

/** A certificate that its own key signs. */
export async function selfSigned(keyPem: string, names: Names, terms: Terms): Promise<MadeCertificate> {
  const keys = await keyPair(keyPem);
  const name = nameOf(names);
  return issue({ subject: name, issuer: name, publicKey: keys.publicKey, signer: keys }, terms, [
    ...alternativeNames(names),
    ...(terms.isCaCertificate ? [await x509.SubjectKeyIdentifierExtension.create(keys.publicKey)] : []),
  ]);
}

/** A certificate for whom a request names, signed by an authority. */
export async function locallySigned(
  requestPem: string,
  authority: { certPem: string; keyPem: string },
  terms: Terms,
): Promise<MadeCertificate> {
  const request = new x509.Pkcs10CertificateRequest(requestPem);
  if (!(await request.verify())) throw new Error("certRequestPem: its signature is not that of its key");
  const signer = await keyPair(authority.keyPem);
  const issuer = new x509.X509Certificate(authority.certPem);
  const publicKey = (await request.publicKey.export()) as webcrypto.CryptoKey;
  const named = request.getExtension(SUBJECT_ALTERNATIVE_NAME);
  return issue({ subject: request.subject, issuer: issuer.subject, publicKey, signer }, terms, [
    ...(named === null ? [] : [named]),
    await x509.AuthorityKeyIdentifierExtension.create(signer.publicKey),
  ]);
}

/** Algorithm of a private key, as the provider spells it. */
export function algorithmOf(keyPem: string): string {
  const type = createPrivateKey(keyPem).asymmetricKeyType ?? "";
  const names: Record<string, string> = { rsa: "RSA", ec: "ECDSA", ed25519: "ED25519" };
  return names[type] ?? type;
}

interface SigningAlgorithm {
  name: string;
  hash: string;
  namedCurve?: string;
}

type Keys = webcrypto.CryptoKeyPair & { algorithm: SigningAlgorithm };

interface Parties {
  subject: string;
  issuer: string;
  publicKey: webcrypto.CryptoKey;
  signer: Keys;
}

async function issue(parties: Parties, terms: Terms, extensions: x509.Extension[]): Promise<MadeCertificate> {
  const notBefore = new Date(Math.floor(Date.now() / 1000) * 1000);
  const notAfter = new Date(notBefore.getTime() + terms.validityPeriodHours * HOUR);
  const serial = randomBytes(16);
  serial[0] = (serial[0]! & 0x7f) | 0x40;
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: serial.toString("hex"),
    subject: parties.subject,
    issuer: parties.issuer,
    notBefore,
    notAfter,
    publicKey: parties.publicKey,
    signingKey: parties.signer.privateKey,
    signingAlgorithm: parties.signer.algorithm,
    extensions: [
      new x509.BasicConstraintsExtension(terms.isCaCertificate ?? false, undefined, true),
      ...usages(terms.allowedUses),
      ...extensions,
    ],
  });
  return {
    id: BigInt(`0x${serial.toString("hex")}`).toString(),
    certPem: `${certificate.toString("pem")}\n`,
    validityStartTime: rfc3339(notBefore),
    validityEndTime: rfc3339(notAfter),
  };
}

function usages(uses: string[]): x509.Extension[] {
  const bits = uses.reduce((all, use) => all | (KEY_USES[use] ?? 0), 0);
  const extended = uses.flatMap((use) => EXTENDED_USES[use] ?? []);
  return [
    ...(bits === 0 ? [] : [new x509.KeyUsagesExtension(bits, true)]),
    ...(extended.length === 0 ? [] : [new x509.ExtendedKeyUsageExtension(extended)]),
  ];
}

function alternativeNames({ dnsNames = [], ipAddresses = [] }: Names): x509.Extension[] {
  const names: x509.JsonGeneralName[] = [
    ...dnsNames.map((value) => ({ type: "dns" as const, value })),
    ...ipAddresses.map((value) => ({ type: "ip" as const, value })),
  ];
  return names.length === 0 ? [] : [new x509.SubjectAlternativeNameExtension(names)];
}

function nameOf({ subject = {} }: Names): string {
  return Object.entries(SUBJECT_PARTS)
    .flatMap(([part, short]) => (subject[part] === undefined ? [] : [`${short}=${subject[part]}`]))
    .join(", ");
}

async function keyPair(keyPem: string): Promise<Keys> {
  const privateKey = createPrivateKey(keyPem);
  const algorithm = signingAlgorithm(privateKey);
  const load = (key: KeyObject, type: "pkcs8" | "spki", use: webcrypto.KeyUsage): Promise<webcrypto.CryptoKey> =>
    webcrypto.subtle.importKey(type, key.export({ type, format: "der" }), algorithm, true, [use]);
  const [secret, open] = await Promise.all([
    load(privateKey, "pkcs8", "sign"),
    load(createPublicKey(keyPem), "spki", "verify"),
  ]);
  return { privateKey: secret, publicKey: open, algorithm };
}

function signingAlgorithm(key: KeyObject): SigningAlgorithm {
  if (key.asymmetricKeyType === "rsa") return { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" };
  if (key.asymmetricKeyType === "ed25519") return { name: "Ed25519", hash: "SHA-512" };
  const curves: Record<string, SigningAlgorithm> = {
    prime256v1: { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" },
    secp384r1: { name: "ECDSA", namedCurve: "P-384", hash: "SHA-384" },
    secp521r1: { name: "ECDSA", namedCurve: "P-521", hash: "SHA-512" },
  };
  const curve = curves[key.asymmetricKeyDetails?.namedCurve ?? ""];
  if (!curve)
    throw new Error("the lab's stand-in of the tls provider signs with RSA, P256, P384, P521 and ED25519 keys");
  return curve;
}

function rfc3339(time: Date): string {
  return time.toISOString().replace(/\.\d+Z$/, "Z");
}
