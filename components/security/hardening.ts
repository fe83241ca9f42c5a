// SPDX-License-Identifier: Apache-2.0
import type { FileEntry, Step } from "../host/state";

export const SSHD_HARDENING = "/etc/ssh/sshd_config.d/40-opennebula-scaleway-hardening.conf";

/**
 * sshd beyond keys only: what is read first wins, so this stands before what else is set. Ciphers are those that OpenSSH of every supported
 * distribution and the SSH libraries of this program share.
 */
function sshdHardening(): string {
  return [
    "KexAlgorithms sntrup761x25519-sha512@openssh.com,curve25519-sha256,curve25519-sha256@libssh.org",
    "Ciphers chacha20-poly1305@openssh.com,aes256-gcm@openssh.com,aes128-gcm@openssh.com",
    "MACs hmac-sha2-512-etm@openssh.com,hmac-sha2-256-etm@openssh.com",
    "LoginGraceTime 30",
    "MaxAuthTries 4",
    "ClientAliveInterval 60",
    "ClientAliveCountMax 5",
    "LogLevel VERBOSE",
    "X11Forwarding no",
    "PermitTunnel no",
    "PermitUserEnvironment no",
    "GatewayPorts no",
    // oned is reached through an SSH channel; a listener on the host would be a door that the catalogue does not know.
    "AllowTcpForwarding local",
    "AllowStreamLocalForwarding no",
    "AllowAgentForwarding no",
    // OpenNebula copies images from host to host with the front-end's agent.
    "Match User oneadmin",
    "    AllowAgentForwarding yes",
    "",
  ].join("\n");
}

/** The kernel's settings; what a hypervisor with bridges needs otherwise (forwarding, loose reverse paths) is left alone. */
export const hardeningSysctls: Record<string, string> = {
  "fs.protected_fifos": "2",
  "fs.protected_hardlinks": "1",
  "fs.protected_regular": "2",
  "fs.protected_symlinks": "1",
  "fs.suid_dumpable": "0",
  "kernel.dmesg_restrict": "1",
  "kernel.kptr_restrict": "2",
  "kernel.randomize_va_space": "2",
  "net.ipv4.conf.all.accept_redirects": "0",
  "net.ipv4.conf.all.accept_source_route": "0",
  "net.ipv4.conf.all.secure_redirects": "0",
  "net.ipv4.conf.all.send_redirects": "0",
  "net.ipv4.conf.default.accept_redirects": "0",
  "net.ipv4.conf.default.accept_source_route": "0",
  "net.ipv4.conf.default.send_redirects": "0",
  "net.ipv4.icmp_echo_ignore_broadcasts": "1",
  "net.ipv4.icmp_ignore_bogus_error_responses": "1",
  "net.ipv4.tcp_syncookies": "1",
  "net.ipv6.conf.all.accept_redirects": "0",
  "net.ipv6.conf.all.accept_source_route": "0",
  "net.ipv6.conf.default.accept_redirects": "0",
};

/** Settings that not every kernel has. */
const OPTIONAL_SYSCTLS = {
  "kernel.sysrq": "0",
  // In a namespace of its own any user has every capability, and the audit could not tell sudo from a program that plays it.
  "kernel.unprivileged_userns_clone": "0",
  "kernel.yama.ptrace_scope": "1",
};
const OPTIONAL_FILE = "/etc/sysctl.d/60-opennebula-scaleway-optional.conf";

/** Services that an image may bring along and that no host of a cloud needs. */
const UNNEEDED = [
  "avahi-daemon.service",
  "avahi-daemon.socket",
  "bluetooth.service",
  "cups.service",
  "cups.socket",
  "exim4.service",
  "ModemManager.service",
  "rpcbind.service",
  "rpcbind.socket",
  "telnet.socket",
];

/** Who updates a host, and when it may reboot by itself. */
export interface UpdatesPlan {
  /** Time of day in the host's zone; undefined: never by itself. */
  rebootAt?: string;
}

/** Minutes between two hosts' windows, so that no two are away at once. */
const WINDOW_MINUTES = 30;

/** When a host may reboot, by its place among the hosts: `03:30`, `04:00`, ... */
export function rebootTime(first: string, index: number): string {
  const [hours, minutes] = first.split(":").map(Number) as [number, number];
  const at = hours * 60 + minutes + index * WINDOW_MINUTES;
  const two = (value: number): string => String(value).padStart(2, "0");
  return `${two(Math.floor(at / 60) % 24)}:${two(at % 60)}`;
}

const UPDATES = "/etc/apt/apt.conf.d/52opennebula-scaleway-updates";

/** Files of the hardening. */
export function hardeningFiles(updates: UpdatesPlan | undefined): Record<string, FileEntry> {
  return {
    [SSHD_HARDENING]: { content: sshdHardening(), validate: ["/usr/sbin/sshd", "-t", "-f", "{}"] },
    ...(updates && {
      [UPDATES]: { content: updatesSettings(updates), validate: ["/usr/bin/apt-config", "-c", "{}", "dump"] },
    }),
    [OPTIONAL_FILE]: {
      // The sign before a key has the boot go on where the kernel lacks it.
      content: Object.entries(OPTIONAL_SYSCTLS)
        .map(([key, value]) => `-${key} = ${value}\n`)
        .join(""),
    },
    "/etc/security/limits.d/50-opennebula-scaleway.conf": { content: "* hard core 0\n" },
    "/etc/systemd/coredump.conf.d/50-opennebula-scaleway.conf": { content: "[Coredump]\nStorage=none\n" },
  };
}

/** Security updates alone: anything else comes when somebody asks for it. */
export function updatesSettings({ rebootAt }: UpdatesPlan): string {
  const list = (name: string, entries: string[]): string[] => [
    `#clear ${name};`,
    `${name} {`,
    ...entries.map((entry) => `  "${entry}";`),
    "};",
  ];
  return [
    'APT::Periodic::Update-Package-Lists "1";',
    'APT::Periodic::Unattended-Upgrade "1";',
    'APT::Periodic::AutocleanInterval "7";',
    ...list("Unattended-Upgrade::Origins-Pattern", [
      "origin=Debian,codename=${distro_codename}-security,label=Debian-Security",
      "origin=Ubuntu,archive=${distro_codename}-security,label=Ubuntu",
    ]),
    // A restart of the database stops oned: that is a change of its own.
    ...list("Unattended-Upgrade::Package-Blacklist", ["^mariadb-server", "^opennebula"]),
    'Unattended-Upgrade::Remove-Unused-Kernel-Packages "true";',
    'Unattended-Upgrade::SyslogEnable "true";',
    `Unattended-Upgrade::Automatic-Reboot "${rebootAt === undefined ? "false" : "true"}";`,
    ...(rebootAt === undefined ? [] : [`Unattended-Upgrade::Automatic-Reboot-Time "${rebootAt}";`]),
    "",
  ].join("\n");
}

/** What must be on, and what off. */
export function hardeningSteps(updates: UpdatesPlan | undefined): Step[] {
  const enabled = `systemctl list-unit-files --no-legend --state=enabled ${UNNEEDED.join(" ")} | cut -d' ' -f1`;
  return [
    { unit: "apparmor.service" },
    ...(updates ? [{ unit: "unattended-upgrades.service" } as const] : []),
    {
      action: "optional-sysctls",
      needed: Object.entries(OPTIONAL_SYSCTLS)
        .map(([key, value]) => `[ "$(sysctl -ne ${key})" = ${value} ] || [ -z "$(sysctl -ne ${key})" ]`)
        .map((satisfied) => `{ ${satisfied}; } || exit 0`)
        .concat("exit 1")
        .join("\n"),
      run: `sysctl -qe -p ${OPTIONAL_FILE}`,
    },
    {
      action: "unneeded-services",
      needed: `test -n "$(${enabled})"`,
      run: `${enabled} | xargs -r systemctl disable --now`,
    },
  ];
}
