// SPDX-License-Identifier: Apache-2.0
import { CLOUD, definePolicy } from "../define";

/** Data of people in the Union stays where a contract says. */
export const zonesAllowed = definePolicy({
  name: "zones-allowed",
  description: "The cloud is in a zone of the setting.",
  level: "mandatory",
  reason: "Servers cannot move; a wrong zone means starting again.",
  severity: "high",
  controls: ["GDPR Art. 44"],
  cure: "Choose another zone, or allow this one in the pack's configuration.",
  types: [CLOUD],
  settings: {
    prefixes: {
      type: "array",
      items: { type: "string" },
      description: "Beginnings of allowed zones.",
      default: ["fr-", "nl-", "pl-"],
    },
  },
  check: ({ props, setting }) =>
    setting<string[]>("prefixes").some((prefix) => String(props.zone).startsWith(prefix))
      ? []
      : [`zone ${String(props.zone)} is not allowed`],
});
