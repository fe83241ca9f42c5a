// SPDX-License-Identifier: Apache-2.0

/** Where credentials of a cloud are, beside the stack's encrypted state. */
export enum SecretStoreKind {
  /** Nowhere else. */
  Pulumi = "pulumi",
  /** Scaleway Secret Manager, written by each run of the program. */
  ScalewaySecretManager = "scaleway-secret-manager",
  /** HashiCorp Vault's KV engine, version 2, written by day-two commands. */
  Vault = "vault",
}

/** The folder of a stack's secrets in a store, without slashes at its ends. */
export function secretFolder(path: string, stack: string): string {
  return `${path}/${stack}`;
}
