// SPDX-License-Identifier: Apache-2.0
import type { ResourceValidationPolicy } from "@pulumi/policy";

const REMOTE = ["command:remote:Command", "command:remote:CopyToRemote", "command:remote:CopyFile"];

interface Connection {
  hostKey?: string;
  proxy?: { hostKey?: string };
}

/** The command provider accepts any host key where none is given: an intermediary would get the bundle with its secrets. */
export const sshHostKeyPinned: ResourceValidationPolicy = {
  name: "ssh-host-key-pinned",
  description: "Every remote command names the key of the host that it talks to.",
  enforcementLevel: "mandatory",
  validateResource: (args, reportViolation) => {
    if (!REMOTE.includes(args.type)) return;
    const connection = args.props.connection as Connection | undefined;
    if (!connection?.hostKey)
      reportViolation("connection.hostKey is missing: any host key would be accepted. Pin the key of the host.");
    if (connection?.proxy && !connection.proxy.hostKey) {
      reportViolation("connection.proxy.hostKey is missing: any key of the bastion would be accepted. Pin it too.");
    }
  },
};
