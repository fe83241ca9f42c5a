// SPDX-License-Identifier: Apache-2.0
import { definePolicy } from "../define";

/** Keys without an end outlive the people and hosts that they were made for. */
export const apiKeysExpire = definePolicy({
  name: "api-keys-expire",
  description: "API keys of Scaleway have an end.",
  level: "advisory",
  reason: "A key that ends unnoticed stops flexible IPs; it needs rotation first.",
  severity: "medium",
  controls: ["SOC2 CC6.1"],
  cure: "Set expiresAt and rotate the key before.",
  types: ["scaleway:iam/apiKey:ApiKey"],
  check: ({ props }) => (props.expiresAt === undefined ? ["the key has no end"] : []),
});
