// SPDX-License-Identifier: Apache-2.0
import { createHash } from "node:crypto";
import sshpk from "sshpk";

/** Like the hosts' SSH certificates: trust ends when the authority's key is replaced, not on a date that nobody watches. */
const FROM = new Date("2020-01-01T00:00:00Z");
const UNTIL = new Date("2120-01-01T00:00:00Z");

export interface ServiceCertificateArgs {
  /** The authority's Ed25519 key, PEM. */
  authorityKey: string;
  /** Name of the authority, the issuer. */
  authority: string;
  /** The holder's key, PEM; only its public half is used. */
  key: string;
  /** DNS name of the holder: subject and only alternative name. */
  name: string;
  /** A further name in the subject (OU), for whoever judges the certificate. */
  unit?: string;
}

/**
 * The certificate of a private authority for services among the hosts. Ed25519 signs deterministically and the serial is taken
 * from the content, so the same key gives the same text: a certificate that differed in each run would be a change in each run.
 */
export function serviceAuthority(key: string, name: string): string {
  const authority = sshpk.parsePrivateKey(key, "auto");
  const certificate = sshpk.createSelfSignedCertificate([sshpk.identityForHost(name)], authority, {
    validFrom: FROM,
    validUntil: UNTIL,
    serial: serial([name, fingerprint(authority.toPublic())]),
    // A critical extension that names one purpose would rule the other out for everything below it.
    purposes: ["ca", "signature", "crl", "serverAuth", "clientAuth"],
  });
  return certificate.toString("pem");
}

/** A certificate by which a service shows itself as a server and as a client; the same arguments give the same text. */
export function serviceCertificate(args: ServiceCertificateArgs): string {
  const authority = sshpk.parsePrivateKey(args.authorityKey, "auto");
  const key = sshpk.parsePrivateKey(args.key, "auto").toPublic();
  const certificate = sshpk.createCertificate([subject(args)], key, sshpk.identityForHost(args.authority), authority, {
    validFrom: FROM,
    validUntil: UNTIL,
    serial: serial([args.name, args.unit ?? "", fingerprint(key), fingerprint(authority.toPublic())]),
    purposes: ["signature", "serverAuth", "clientAuth"],
  });
  return certificate.toString("pem");
}

function subject({ name, unit }: ServiceCertificateArgs): sshpk.Identity {
  return unit === undefined ? sshpk.identityForHost(name) : sshpk.identityFromDN(`CN=${name}, OU=${unit}`);
}

function fingerprint(key: sshpk.Key): string {
  return key.fingerprint("sha256").toString();
}

/** Positive and never zero, as RFC 5280 wants it. */
function serial(content: string[]): Buffer {
  const bytes = createHash("sha256").update(JSON.stringify(content)).digest().subarray(0, 8);
  bytes[0] = (bytes[0]! & 0x7f) | 0x40;
  return bytes;
}
