// SPDX-License-Identifier: Apache-2.0

/** Where the certificate of the TLS proxy comes from. */
export enum CertificateSource {
  /** An authority of this stack; its key is in the stack's state and on no host. */
  PrivateCa = "private-ca",
  /** Given with its key. */
  Imported = "imported",
}
