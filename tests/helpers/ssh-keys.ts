// SPDX-License-Identifier: Apache-2.0
import { generateKeyPairSync, type KeyObject } from "node:crypto";
import { parsePrivateKey } from "sshpk";

/** A key pair as OpenSSH writes it. */
export interface SshKeyPair {
  private: string;
  public: string;
}

/** A new key pair. Not by ssh2's own generator: about one in 190 of its ed25519 keys cannot be read, by itself or by OpenSSH. */
export function sshKeyPair(algorithm: "ed25519" | "ecdsa" = "ed25519"): SshKeyPair {
  const made: { privateKey: KeyObject } =
    algorithm === "ed25519" ? generateKeyPairSync("ed25519") : generateKeyPairSync("ec", { namedCurve: "P-256" });
  const key = parsePrivateKey(made.privateKey.export({ type: "pkcs8", format: "pem" }).toString(), "pkcs8");
  key.comment = "";
  return { private: key.toString("ssh-private"), public: key.toPublic().toString("ssh").trim() };
}
