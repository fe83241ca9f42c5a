// SPDX-License-Identifier: Apache-2.0
import { definePolicy } from "../define";

/** Without a private network, migration, monitoring and VXLAN cross the public one unencrypted. */
export const serversInPrivateNetwork = definePolicy({
  name: "servers-in-private-network",
  description: "Every server is in a private network.",
  level: "mandatory",
  reason: "Memory of VMs on their way to another host would be readable outside.",
  severity: "high",
  controls: ["SOC2 CC6.6", "GDPR Art. 32(1)(a)"],
  cure: "Give the server privateNetworks and the option that they need.",
  types: ["scaleway:elasticmetal/server:Server"],
  check: ({ props }) =>
    (props.privateNetworks as unknown[] | undefined)?.length ? [] : ["the server is in no private network"],
});
