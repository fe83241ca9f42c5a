// SPDX-License-Identifier: Apache-2.0
import { definePolicy } from "../define";

/** Certificates that somebody must remember end on a weekend. */
export const certificateRenewed = definePolicy({
  name: "certificate-renewed",
  description: "Certificates renew themselves, and none of a private CA is good for longer than the setting.",
  level: "advisory",
  reason: "An imported certificate may be what an organisation wants; its end is watched by monitoring.",
  severity: "medium",
  controls: ["SOC2 CC6.7"],
  cure: "Choose tls.mode private-ca, and a validity of a quarter or so.",
  types: ["opennebula-scaleway:index:TlsProxy"],
  settings: { longestHours: { type: "integer", description: "Longest validity in hours.", default: 9600 } },
  check: ({ props, setting }) => [
    ...(props.mode === "imported" ? ["the certificate is imported: nothing renews it"] : []),
    ...(typeof props.validityHours === "number" && props.validityHours > setting<number>("longestHours")
      ? [`the certificate is good for ${props.validityHours} hours`]
      : []),
  ],
});
