// SPDX-License-Identifier: Apache-2.0

/** What the provider and the classes in components/cloud agree on; plain types and constants, nothing else. */

/** The provider's name in Pulumi: first part of every token, and of the plugin's file name. */
export const PROVIDER_NAME = "opennebula";

/** Version of plugin, schema and SDK classes; the same as the package's. */
export const PROVIDER_VERSION = "0.1.0";

/** Type token of a resource, a function or a nested type. Tokens are in every stack's state and never change. */
export function token(name: string): string {
  return `${PROVIDER_NAME}:index:${name}`;
}

/** An SSH server through which oned is reached, so that its port need not be public. */
export interface SshHopConfiguration {
  /** Name or address. */
  host: string;
  /** @default 22 */
  port?: number;
  user: string;
  /** Private key in OpenSSH or PEM form, without a passphrase. Secret. */
  privateKey: string;
  /** The server's public key, `ssh-ed25519 AAAA...`; several, one a line, while keys are being changed. Nothing else is accepted. */
  hostKey: string;
}

/** Configuration of the provider. */
export interface ProviderConfiguration {
  /** oned's XML-RPC address, as the SSH hop sees it if there is one. @default "http://127.0.0.1:2633/RPC2" */
  endpoint?: string;
  /** OneFlow's address, as the SSH hop sees it if there is one. @default "http://127.0.0.1:2474" */
  flowEndpoint?: string;
  /** @default "oneadmin" */
  username?: string;
  /** Password or login token. Secret. */
  password: string;
  ssh?: SshHopConfiguration;
}
