// SPDX-License-Identifier: Apache-2.0
import { createHash } from "node:crypto";
import sshpk from "sshpk";

export interface HostCertificateArgs {
  /** The stack's CA key, in OpenSSH's or PEM format. */
  caPrivateKey: string;
  /** The host's key, as an `authorized_keys` line. */
  hostPublicKey: string;
  /** Names and addresses by which the host is reached. */
  principals: string[];
}

/** Signed certificates never end: a host is trusted until it is removed, and the CA key with the stack. */
const FROM = new Date("2020-01-01T00:00:00Z");
const UNTIL = new Date("2120-01-01T00:00:00Z");

/**
 * An OpenSSH host certificate, as the line of a `-cert.pub` file. The same arguments give the same text, because a certificate
 * that differed in each run would be a change of the host in each run: nonce and serial are taken from a hash of the content,
 * and ed25519 signatures are deterministic.
 */
export function signHostKey(args: HostCertificateArgs): string {
  const hostKey = sshpk.parseKey(args.hostPublicKey, "ssh");
  const ca = sshpk.parsePrivateKey(args.caPrivateKey, "auto");
  const principals = [...new Set(args.principals)].sort();
  const subjects = principals.map((name) => sshpk.identityForHost(name));
  const seed = createHash("sha256")
    .update(JSON.stringify([args.hostPublicKey, ca.toPublic().fingerprint("sha256").toString(), principals]))
    .digest();
  const certificate = sshpk.createCertificate(subjects, hostKey, sshpk.identityForHost("ca"), ca, {
    validFrom: FROM,
    validUntil: UNTIL,
    serial: seed.subarray(0, 8),
  });
  const signature = certificate.signatures as unknown as { openssh: { nonce?: Buffer } };
  signature.openssh = { ...signature.openssh, nonce: seed.subarray(16, 32) };
  certificate.signWith(ca);
  return certificate.toString("openssh").trim();
}

/** The one line of known_hosts that recognises every host of the stack. */
export function knownHostsLine(caPublicKey: string): string {
  return `@cert-authority * ${caPublicKey.trim().split(/\s+/).slice(0, 2).join(" ")}`;
}
