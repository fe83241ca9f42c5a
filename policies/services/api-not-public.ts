// SPDX-License-Identifier: Apache-2.0
import { CLOUD, definePolicy } from "../define";

/** The API of OpenNebula is plain HTTP with passwords in every call; scanners look for its port. */
export const apiNotPublic = definePolicy({
  name: "api-not-public",
  description: "Only the services of the setting are reached by everybody.",
  level: "mandatory",
  reason: "A public API is a cloud for whoever guesses a password.",
  severity: "critical",
  controls: ["SOC2 CC6.1", "SOC2 CC6.6"],
  cure: "Take the zone public out of the service's `from` in the catalogue.",
  types: [CLOUD],
  settings: {
    publicServices: {
      type: "array",
      items: { type: "string" },
      description: "Services that may be public.",
      default: ["http", "https"],
    },
  },
  check: ({ props, setting }) =>
    Object.entries((props.services ?? {}) as Record<string, { from: string[] }>)
      .filter(([name, { from }]) => from.includes("public") && !setting<string[]>("publicServices").includes(name))
      .map(([name]) => `the service ${name} is open to everybody`),
});
