// SPDX-License-Identifier: Apache-2.0
import type { FileEntry } from "./state";
import { ref, secretRef, text } from "./text";

const oneadmin = { owner: "oneadmin", group: "oneadmin" };

/** The key pair with which OpenNebula's drivers log in to hosts. */
export const oneadminKey = { privateKey: secretRef("oneadmin.privateKey"), publicKey: ref("oneadmin.publicKey") };

/**
 * oneadmin's side of SSH on the front-end. The packages ship `StrictHostKeyChecking accept-new`; here every host shows a
 * certificate of the stack's CA (`/etc/ssh/ssh_known_hosts`), so an unknown key is refused.
 */
export function oneadminSshFiles(): Record<string, FileEntry> {
  return {
    "/var/lib/one/.ssh/id_ed25519": {
      content: text`${oneadminKey.privateKey}`,
      ...oneadmin,
      mode: "0600",
      secret: true,
    },
    "/var/lib/one/.ssh/id_ed25519.pub": { content: text`${oneadminKey.publicKey}\n`, ...oneadmin, mode: "0644" },
    "/var/lib/one/.ssh/config": {
      content: [
        "Host *",
        "  BatchMode yes",
        "  StrictHostKeyChecking yes",
        "  UserKnownHostsFile /dev/null",
        "  GlobalKnownHostsFile /etc/ssh/ssh_known_hosts",
        "  ForwardAgent yes",
        "  ServerAliveInterval 10",
        "  ServerAliveCountMax 3",
        "  ConnectTimeout 15",
        "  LogLevel ERROR",
        "",
      ].join("\n"),
      ...oneadmin,
      mode: "0600",
    },
  };
}

/** oneadmin's side of SSH on a hypervisor: the public key alone; the front-end's agent forwards the private one. */
export function oneadminAuthorizedKeys(): Record<string, FileEntry> {
  return {
    "/var/lib/one/.ssh/authorized_keys": { content: text`${oneadminKey.publicKey}\n`, ...oneadmin, mode: "0600" },
  };
}
