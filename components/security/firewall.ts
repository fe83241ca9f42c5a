// SPDX-License-Identifier: Apache-2.0
import type { ActionStep, CommitConfirm, FileEntry, Step } from "../host/state";
import { ref, text } from "../host/text";
import type { FirewallPlan } from "./plan";
import { firewallRules } from "./rules";

export const FIREWALL_RULES = "/etc/opennebula-scaleway/firewall.nft";
const DESTINATIONS = "/etc/opennebula-scaleway/destinations.json";
const PROGRAM = "/usr/local/lib/opennebula-scaleway/firewall.py";
/** Which version of the rules somebody has put into effect: written here, so that nothing else loads a new version unguarded. */
const ACTIVATED = "/var/lib/opennebula-scaleway-firewall/activated";
const UNIT = "opennebula-scaleway-firewall";
const SERVICE_FILE = `/etc/systemd/system/${UNIT}.service`;
const REFRESH_FILE = `/etc/systemd/system/${UNIT}-destinations.service`;
const TIMER_FILE = `/etc/systemd/system/${UNIT}-destinations.timer`;
const RUN = `/usr/bin/python3 -I -B ${PROGRAM}`;

/** References that the security layer resolves. */
export const securityValue = { firewallProgram: ref("security.firewallProgram") };

/** Files of the firewall. */
export function firewallFiles(plan: FirewallPlan): Record<string, FileEntry> {
  return {
    [FIREWALL_RULES]: { content: firewallRules(plan), mode: "0600", validate: ["nft", "--check", "--file", "{}"] },
    [DESTINATIONS]: { content: `${JSON.stringify(plan.lookedUp, null, 2)}\n` },
    [PROGRAM]: { content: text`${securityValue.firewallProgram}`, mode: "0755" },
    [SERVICE_FILE]: { content: loadService() },
    [REFRESH_FILE]: { content: refreshService() },
    [TIMER_FILE]: { content: refreshTimer() },
  };
}

/** What must hold beside the rules' activation, which is guarded: see {@link firewallCommit}. */
export function firewallSteps(): Step[] {
  return [
    // Debian's own unit empties the whole of nftables when it stops.
    { unit: "nftables.service", state: "any", enabled: "disabled" },
    { unit: `${UNIT}.service`, state: "any", enabled: "enabled" },
    rulesInForce(),
    { unit: `${UNIT}-destinations.timer`, restartOn: [TIMER_FILE] },
    lookUpDestinations(),
  ];
}

/** Repairs what somebody did to rules that are in effect already; a new version of the file is not its affair. */
function rulesInForce(): ActionStep {
  return {
    action: "firewall-rules",
    needed: `test "$(sha256sum <${FIREWALL_RULES})" = "$(cat ${ACTIVATED} 2>/dev/null)" && ! ${RUN} verify`,
    run: `systemctl restart ${UNIT}.service`,
  };
}

/** New destinations are open at once, not with the timer's next turn. Before the first activation there is nothing to fill. */
function lookUpDestinations(): ActionStep {
  return {
    action: "firewall-destinations",
    needed: "false",
    run: `test ! -e ${ACTIVATED} || systemctl start --no-block ${UNIT}-destinations.service`,
    rerunOn: [DESTINATIONS, PROGRAM],
  };
}

/**
 * The guard of a change that may lock the operator out, by rules or by sshd's settings. The confirming login is a new connection, so
 * it has gone through the new rules from their first chain on.
 *
 * @param withFirewall - whether there are rules.
 * @param sshdFiles - settings of sshd, which is told of them.
 */
export function firewallCommit(withFirewall: boolean, sshdFiles: string[]): CommitConfirm {
  const rules = [
    "install -d -m 0755 /var/lib/opennebula-scaleway-firewall",
    `systemctl enable --quiet ${UNIT}.service`,
    `systemctl restart ${UNIT}.service`,
    `systemctl start --no-block ${UNIT}-destinations.service`,
    `sha256sum <${FIREWALL_RULES} >${ACTIVATED}`,
  ];
  const sshd = "systemctl reload ssh.service";
  return {
    deadlineSeconds: 45,
    activate: ["systemctl daemon-reload", sshd, ...(withFirewall ? rules : [])].join("\n"),
    restore: [
      "systemctl daemon-reload",
      sshd,
      `if [ -e ${FIREWALL_RULES} ] && [ -e ${SERVICE_FILE} ]; then`,
      `  systemctl restart ${UNIT}.service`,
      `  sha256sum <${FIREWALL_RULES} >${ACTIVATED}`,
      "else",
      // The program may be gone with the layer's other files.
      `  ! nft list table inet opennebula_scaleway >/dev/null 2>&1 || nft delete table inet opennebula_scaleway`,
      `  rm -rf ${ACTIVATED} /run/opennebula-scaleway-firewall`,
      "fi",
    ].join("\n"),
    activateOn: [...(withFirewall ? [FIREWALL_RULES] : []), ...sshdFiles],
  };
}

function loadService(): string {
  return [
    "[Unit]",
    "Description=Firewall of this host",
    "DefaultDependencies=no",
    "After=local-fs.target systemd-sysctl.service",
    "Before=network-pre.target shutdown.target",
    "Wants=network-pre.target",
    "Conflicts=shutdown.target",
    "",
    "[Service]",
    "Type=oneshot",
    "RemainAfterExit=yes",
    `ExecStart=${RUN} load`,
    "TimeoutStartSec=60",
    "",
    "[Install]",
    "WantedBy=sysinit.target",
    "",
  ].join("\n");
}

function refreshService(): string {
  return [
    "[Unit]",
    "Description=Addresses of the destinations that the firewall lets this host reach",
    `After=${UNIT}.service network-online.target`,
    "",
    "[Service]",
    "Type=oneshot",
    `ExecStart=${RUN} refresh`,
    "TimeoutStartSec=60",
    "StateDirectory=opennebula-scaleway-firewall",
    "RuntimeDirectory=opennebula-scaleway-firewall",
    "RuntimeDirectoryPreserve=yes",
    "CapabilityBoundingSet=CAP_NET_ADMIN",
    "NoNewPrivileges=yes",
    "PrivateTmp=yes",
    "ProtectHome=yes",
    "ProtectSystem=strict",
    "RestrictAddressFamilies=AF_INET AF_INET6 AF_NETLINK AF_UNIX",
    "",
  ].join("\n");
}

function refreshTimer(): string {
  return [
    "[Unit]",
    "Description=Looks up the destinations that the firewall lets this host reach",
    "",
    "[Timer]",
    "OnActiveSec=5",
    "OnUnitInactiveSec=60",
    "RandomizedDelaySec=5",
    "",
    "[Install]",
    "WantedBy=timers.target",
    "",
  ].join("\n");
}
