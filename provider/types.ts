// SPDX-License-Identifier: Apache-2.0

/** What the provider and the classes in components/cloud agree on; plain types and constants, nothing else. */

/** The provider's name in Pulumi: first part of every token, and of the plugin's file name. */
export const PROVIDER_NAME = "opennebula";

/** Version of plugin, schema and SDK classes; the same as the package's. */
export const PROVIDER_VERSION = "0.1.0";

/** Type tokens. They are in every stack's state and never change. */
export const TOKENS = {
  host: "opennebula:index:Host",
} as const;

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
  /** @default "oneadmin" */
  username?: string;
  /** Password or login token. Secret. */
  password: string;
  ssh?: SshHopConfiguration;
}

/** Inputs of `opennebula:index:Host`. */
export interface HostInputs {
  /** What oned calls the host and resolves to reach it. Unique. */
  name: string;
  /** Driver that collects the host's data. @default "kvm" */
  imMad?: string;
  /** Driver that runs VMs. @default "kvm" */
  vmMad?: string;
  /** Name or id of the cluster. Left out: oned's default cluster, and whatever cluster the host is moved to later. */
  cluster?: string;
  /** Template attributes. Those that the program does not name are left alone. */
  attributes?: Record<string, string>;
}

/** Outputs of `opennebula:index:Host`. */
export interface HostOutputs {
  name: string;
  imMad: string;
  vmMad: string;
  /** As the program wrote it: name or id. */
  cluster?: string;
  attributes?: Record<string, string>;
  /** oned's number for the host. */
  hostId: number;
  clusterId: number;
  clusterName: string;
  /** As `onehost list` shows it: `on`, `init`, `err`, `dsbl`, `off`. */
  state: string;
}
