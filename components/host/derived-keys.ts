// SPDX-License-Identifier: Apache-2.0
import { createECDH, createPrivateKey, hkdfSync } from "node:crypto";
import sshpk from "sshpk";

/** The order of P-256's group. */
const P256_ORDER = BigInt("0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551");
/** An Ed25519 private key in PKCS #8 up to its 32 bytes (RFC 8410). */
const ED25519_HEAD = Buffer.from("302e020100300506032b657004220420", "hex");

/**
 * Keys that an authority's own key decides (HKDF-SHA256, RFC 5869). Whoever holds the authority can sign a key of their own in any
 * holder's name, so a holder's key of its own in the state would protect nothing more, and cost a resource for each host. One
 * holder's key tells nothing of the authority's or of another's. A holder of the same name gets the same key again, also after a
 * host was replaced: what must end with a host needs another purpose.
 */
function derive(authorityKey: string, purpose: string, bytes: number): Buffer {
  // The form of the text (line ends, comments) must not matter.
  const authority = sshpk.parsePrivateKey(authorityKey, "auto").toString("pkcs8");
  return Buffer.from(hkdfSync("sha256", authority, "opennebula-scaleway", purpose, bytes));
}

/** An Ed25519 key, PKCS #8 in PEM. @param purpose - what the key is for and whose it is; another one is another key */
export function derivedEd25519(authorityKey: string, purpose: string): string {
  const der = Buffer.concat([ED25519_HEAD, derive(authorityKey, purpose, 32)]);
  return createPrivateKey({ key: der, format: "der", type: "pkcs8" }).export({
    type: "pkcs8",
    format: "pem",
  }) as string;
}

/** 32 bytes in hexadecimal, for codes that two sides make. @param purpose - what they are for and whose they are */
export function derivedSecret(authorityKey: string, purpose: string): string {
  return derive(authorityKey, purpose, 32).toString("hex");
}

/** A key pair on P-256 as OpenSSH takes it: SEC 1 in PEM, and an `authorized_keys` line without comment. */
export function derivedP256(authorityKey: string, purpose: string): { privateKey: string; publicKey: string } {
  // 128 bits more than the order has, so that every key is as likely as any other (FIPS 186-5, A.2.1).
  const random = BigInt(`0x${derive(authorityKey, purpose, 48).toString("hex")}`);
  const scalar = Buffer.from(((random % (P256_ORDER - 1n)) + 1n).toString(16).padStart(64, "0"), "hex");
  const pair = createECDH("prime256v1");
  pair.setPrivateKey(scalar);
  const point = pair.getPublicKey();
  const jwk = {
    kty: "EC",
    crv: "P-256",
    d: scalar.toString("base64url"),
    x: point.subarray(1, 33).toString("base64url"),
    y: point.subarray(33).toString("base64url"),
  };
  const privateKey = createPrivateKey({ key: jwk, format: "jwk" }).export({ type: "sec1", format: "pem" }) as string;
  const publicKey = sshpk.parsePrivateKey(privateKey, "pem").toPublic().toString("ssh");
  return { privateKey, publicKey: publicKey.split(" ").slice(0, 2).join(" ") };
}
