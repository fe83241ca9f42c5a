// SPDX-License-Identifier: Apache-2.0
import type { FileEntry, Step } from "../host/state";
import { ref, text } from "../host/text";
import { SANDBOX } from "../host/sandbox";

const PROGRAM = "/usr/local/lib/opennebula-scaleway/audit.py";
const UNIT = "opennebula-scaleway-audit.service";
const UNIT_FILE = `/etc/systemd/system/${UNIT}`;
/** Rules of auditd; `augenrules` merges the directory. */
export const AUDIT_RULES = "/etc/audit/rules.d/50-opennebula-scaleway.rules";
const AUDITD_DROP_IN = "/etc/systemd/system/auditd.service.d/50-opennebula-scaleway.conf";

/** The program that chains a host's records. */
const auditValue = { program: ref("security.auditProgram") };

/** What is watched by the kernel, by the key under which it is found: paths that are written. */
const WATCHED: Record<string, { every: string[]; frontend?: string[] }> = {
  ons_identity: { every: ["/etc/passwd", "/etc/shadow", "/etc/group", "/etc/gshadow", "/etc/security"] },
  ons_sudo: { every: ["/etc/sudoers", "/etc/sudoers.d"] },
  ons_ssh: { every: ["/etc/ssh", "/root/.ssh", "/var/lib/one/.ssh"] },
  ons_opennebula: {
    every: ["/var/tmp/one"],
    frontend: ["/etc/one", "/var/lib/one/.one", "/var/lib/one/remotes"],
  },
  ons_system: {
    every: ["/etc/audit", "/etc/apt", "/etc/systemd", "/etc/opennebula-scaleway", "/usr/local/lib/opennebula-scaleway"],
  },
};

/** System calls that change what all else stands on. A clock that a service sets belongs to no session, and is no event. */
const CALLS: Record<string, string> = {
  ons_modules: "-S init_module,finit_module,delete_module",
  ons_time: "-S settimeofday,clock_settime,adjtimex -F auid!=unset",
};

/** auditd's rules for a host. */
function auditRules(isFrontend: boolean): string {
  const watches = Object.entries(WATCHED).flatMap(([key, { every, frontend = [] }]) =>
    [...every, ...(isFrontend ? frontend : [])].map((path) => `-w ${path} -p wa -k ${key}`),
  );
  const calls = Object.entries(CALLS).map(([key, words]) => `-a always,exit -F arch=b64 ${words} -k ${key}`);
  // A path that a host does not have is skipped, not the rest of the rules with it.
  return ["-c", "-b 8192", "--backlog_wait_time 60000", "-f 1", ...watches, ...calls, ""].join("\n");
}

/** Files of the audit. */
export function auditFiles(isFrontend: boolean): Record<string, FileEntry> {
  return {
    [PROGRAM]: { content: text`${auditValue.program}`, mode: "0755" },
    [UNIT_FILE]: { content: chainUnit() },
    [AUDIT_RULES]: { content: auditRules(isFrontend), mode: "0640" },
    // In a container the kernel's audit belongs to the machine around it.
    [AUDITD_DROP_IN]: { content: "[Unit]\nConditionSecurity=audit\n" },
  };
}

/** What of the audit must run. */
export function auditSteps(): Step[] {
  return [
    { unit: "auditd.service" },
    {
      // auditd refuses to be restarted by systemd; its rules are loaded beside it.
      action: "audit-rules",
      needed: "systemctl is-active --quiet auditd.service && ! augenrules --check | grep -q 'No change'",
      run: "augenrules --load",
    },
    { unit: UNIT, restartOn: [PROGRAM, UNIT_FILE] },
  ];
}

/** root without any capability: it owns the journal's files and the socket by which the journal is asked to write. */
function chainUnit(): string {
  return [
    "[Unit]",
    "Description=Chain of what people and programs did on this host",
    "After=systemd-journald.service",
    "",
    "[Service]",
    `ExecStart=/usr/bin/python3 -I -B ${PROGRAM} follow`,
    "StateDirectory=opennebula-scaleway-audit",
    "StateDirectoryMode=0700",
    "Restart=always",
    "RestartSec=2",
    "CapabilityBoundingSet=",
    "IPAddressDeny=any",
    ...SANDBOX,
    "MemoryDenyWriteExecute=yes",
    "PrivateNetwork=yes",
    "ProtectProc=invisible",
    "RestrictAddressFamilies=AF_UNIX",
    "",
    "[Install]",
    "WantedBy=multi-user.target",
    "",
  ].join("\n");
}
