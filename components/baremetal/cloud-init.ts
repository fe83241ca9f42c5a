// SPDX-License-Identifier: Apache-2.0
import { stringify } from "yaml";

export interface CloudInitArgs {
  hostname: string;
  fqdn: string;
  /** The administrators' login. */
  user: string;
  authorizedKeys: string[];
  /** The key pair that the host serves first, so that the very first connection can be pinned. */
  hostKey: { privateKey: string; publicKey: string };
}

/**
 * cloud-config for a new host: name, administrator, and the pre-made ECDSA host key. Nothing else: what a host should be is the
 * converger's affair. User data stays readable in Scaleway's API, so the host replaces that key after the first convergence.
 */
export function renderCloudInit(args: CloudInitArgs): string {
  const config = {
    hostname: args.hostname,
    fqdn: args.fqdn,
    prefer_fqdn_over_hostname: false,
    ssh_pwauth: false,
    disable_root: true,
    ssh_deletekeys: true,
    ssh_keys: { ecdsa_private: args.hostKey.privateKey, ecdsa_public: args.hostKey.publicKey.trim() },
    users: [
      {
        name: args.user,
        gecos: "Administrator",
        shell: "/bin/bash",
        lock_passwd: true,
        sudo: "ALL=(ALL) NOPASSWD:ALL",
        ssh_authorized_keys: args.authorizedKeys.map((key) => key.trim()),
      },
    ],
  };
  return `#cloud-config\n${stringify(config, { lineWidth: 0 })}`;
}
