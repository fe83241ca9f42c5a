// SPDX-License-Identifier: Apache-2.0
import type { HostState } from "../host/state";
import { TEXTFILES } from "../host/textfiles";
import { auditFiles, auditSteps } from "./audit";
import { firewallCommit, firewallFiles, firewallSteps } from "./firewall";
import { hardeningFiles, hardeningSteps, hardeningSysctls, SSHD_HARDENING } from "./hardening";
import type { SecurityPlan } from "./plan";
import { secretAgeFiles, secretAgeSteps } from "./secret-age";

/** What closes a host once everything on it is installed. */
export function renderSecurity({ isFrontend, firewall, updates }: SecurityPlan): HostState {
  return {
    packages: {
      ...(firewall && { nftables: "*" }),
      ...(updates && { "unattended-upgrades": "*" }),
      apparmor: "*",
      auditd: "*",
      python3: "*",
    },
    sysctls: hardeningSysctls,
    directories: {
      "/etc/opennebula-scaleway": {},
      "/usr/local/lib/opennebula-scaleway": {},
      "/etc/systemd/system/auditd.service.d": {},
      "/etc/systemd/coredump.conf.d": {},
      // Where the secrets' ages are left for the node exporter.
      [TEXTFILES]: {},
    },
    files: {
      ...(firewall && firewallFiles(firewall)),
      ...auditFiles(isFrontend),
      ...secretAgeFiles(isFrontend),
      ...hardeningFiles(updates),
    },
    sequence: [...(firewall ? firewallSteps() : []), ...auditSteps(), ...secretAgeSteps(), ...hardeningSteps(updates)],
    commitConfirm: firewallCommit(firewall !== undefined, [SSHD_HARDENING]),
  };
}
