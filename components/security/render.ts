// SPDX-License-Identifier: Apache-2.0
import type { HostState } from "../host/state";
import { firewallCommit, firewallFiles, firewallSteps } from "./firewall";
import type { SecurityPlan } from "./plan";

/** What closes a host once everything on it is installed. */
export function renderSecurity(plan: SecurityPlan): HostState {
  return {
    packages: { nftables: "*" },
    directories: { "/etc/opennebula-scaleway": {}, "/usr/local/lib/opennebula-scaleway": {} },
    files: firewallFiles(plan.firewall),
    sequence: firewallSteps(),
    commitConfirm: firewallCommit([]),
  };
}
