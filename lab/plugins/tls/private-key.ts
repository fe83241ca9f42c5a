// SPDX-License-Identifier: Apache-2.0

/** Key pairs in every form that tls.PrivateKey has outputs for. */
import { createHash, generateKeyPair, type KeyObject } from "node:crypto";
import { promisify } from "node:util";
import { parsePrivateKey } from "sshpk";

export const CURVES = { P224: "secp224r1", P256: "prime256v1", P384: "secp384r1", P521: "secp521r1" } as const;

export interface KeyWanted {
  algorithm: "RSA" | "ECDSA" | "ED25519";
  /** Only for RSA. */
  rsaBits: number;
  /** Only for ECDSA. */
  ecdsaCurve: keyof typeof CURVES;
}

/** Every text ends with a newline; the OpenSSH ones are empty for P224, which OpenSSH does not know. */
export interface KeyTexts {
  privateKeyPem: string;
  privateKeyPemPkcs8: string;
  privateKeyOpenssh: string;
  publicKeyPem: string;
  publicKeyOpenssh: string;
  publicKeyFingerprintMd5: string;
  publicKeyFingerprintSha256: string;
}

const generate = promisify(generateKeyPair) as (
  type: string,
  options: object,
) => Promise<{ publicKey: KeyObject; privateKey: KeyObject }>;

/** A new key pair; `id` is the SHA-1 of the public key's DER form, in hexadecimal. */
export async function makeKey(wanted: KeyWanted): Promise<{ id: string; texts: KeyTexts }> {
  const { publicKey, privateKey } = await generateFor(wanted);
  const id = createHash("sha1")
    .update(publicKey.export({ type: "spki", format: "der" }))
    .digest("hex");
  // The traditional form of each algorithm; ED25519 has none but PKCS #8.
  const traditional = { RSA: "pkcs1", ECDSA: "sec1", ED25519: "pkcs8" } as const;
  const privateKeyPem = pem(privateKey, traditional[wanted.algorithm]);
  const texts = {
    privateKeyPem,
    privateKeyPemPkcs8: pem(privateKey, "pkcs8"),
    publicKeyPem: publicKey.export({ type: "spki", format: "pem" }).toString(),
    ...opensshTexts(wanted, privateKeyPem),
  };
  return { id, texts };
}

function generateFor({ algorithm, rsaBits, ecdsaCurve }: KeyWanted): ReturnType<typeof generate> {
  if (algorithm === "RSA") return generate("rsa", { modulusLength: rsaBits });
  if (algorithm === "ECDSA") return generate("ec", { namedCurve: CURVES[ecdsaCurve] });
  return generate("ed25519", {});
}

function pem(key: KeyObject, type: "pkcs1" | "sec1" | "pkcs8"): string {
  return key.export({ type, format: "pem" }).toString();
}

type OpensshTexts = Omit<KeyTexts, "privateKeyPem" | "privateKeyPemPkcs8" | "publicKeyPem">;

function opensshTexts({ algorithm, ecdsaCurve }: KeyWanted, privateKeyPem: string): OpensshTexts {
  if (algorithm === "ECDSA" && ecdsaCurve === "P224") {
    return { privateKeyOpenssh: "", publicKeyOpenssh: "", publicKeyFingerprintMd5: "", publicKeyFingerprintSha256: "" };
  }
  const key = parsePrivateKey(privateKeyPem, "pem");
  key.comment = "";
  const publicKey = key.toPublic();
  return {
    privateKeyOpenssh: withNewline(key.toString("ssh-private")),
    publicKeyOpenssh: withNewline(publicKey.toString("ssh").trim()),
    publicKeyFingerprintMd5: publicKey.fingerprint("md5").toString("hex").replace(/^MD5:/, ""),
    publicKeyFingerprintSha256: publicKey.fingerprint("sha256").toString(),
  };
}

function withNewline(text: string): string {
  return text.endsWith("\n") ? text : `${text}\n`;
}
