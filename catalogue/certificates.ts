// SPDX-License-Identifier: Apache-2.0

/** Where the certificate of the TLS proxy comes from. */
export enum CertificateSource {
  /** An authority of this stack; its key is in the stack's state and on no host. */
  PrivateCa = "private-ca",
  /** Given with its key. */
  Imported = "imported",
  /** An ACME authority such as Let's Encrypt for the public names; the stack's own authority for the rest. */
  Acme = "acme",
}

/** How an ACME authority sees that a name is the cloud's. */
export enum AcmeChallenge {
  /** By a page of the proxy on port 80, which must be open to the authority. */
  Http01 = "http-01",
  /** By a record in a DNS zone at Scaleway. */
  Dns01 = "dns-01",
}

/** Let's Encrypt's directory. */
export const LETS_ENCRYPT = "https://acme-v02.api.letsencrypt.org/directory";
