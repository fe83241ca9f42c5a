// SPDX-License-Identifier: Apache-2.0
import { CLOUD, definePolicy } from "../define";

/** Hosts on public addresses without a firewall are found within minutes. */
export const firewallDeclared = definePolicy({
  name: "firewall-declared",
  description: "The firewall is on.",
  level: "advisory",
  reason: "Services bind to loopback and private addresses by themselves; the firewall is the second wall.",
  severity: "high",
  controls: ["SOC2 CC6.6"],
  cure: "Do not switch security.firewall off.",
  types: [CLOUD],
  check: ({ props }) => (props.firewall === true ? [] : ["there is no firewall on the hosts"]),
});
