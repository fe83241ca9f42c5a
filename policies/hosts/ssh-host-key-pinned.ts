// SPDX-License-Identifier: Apache-2.0
import { definePolicy } from "../define";

/** The command provider accepts any host key where none is given: an intermediary would get the bundle with its secrets. */
export const sshHostKeyPinned = definePolicy({
  name: "ssh-host-key-pinned",
  description: "Every remote command names the key of the host that it talks to.",
  level: "mandatory",
  reason: "Without it an intermediary reads every secret of the host.",
  severity: "critical",
  controls: ["SOC2 CC6.7", "GDPR Art. 32(1)(a)"],
  cure: "Pin the key of the host, and of the bastion where there is one.",
  types: ["command:remote:Command", "command:remote:CopyToRemote", "command:remote:CopyFile"],
  check: ({ props }) => {
    const connection = props.connection as { hostKey?: string; proxy?: { hostKey?: string } } | undefined;
    return [
      ...(connection?.hostKey ? [] : ["connection.hostKey is missing: any host key would be accepted"]),
      ...(connection?.proxy && !connection.proxy.hostKey
        ? ["connection.proxy.hostKey is missing: any key of the bastion would be accepted"]
        : []),
    ];
  },
});
