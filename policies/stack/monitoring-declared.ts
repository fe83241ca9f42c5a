// SPDX-License-Identifier: Apache-2.0
import { CLOUD, definePolicy } from "../define";

/** A disk that fills up unseen stops the database. */
export const monitoringDeclared = definePolicy({
  name: "monitoring-declared",
  description: "The monitoring layer is on.",
  level: "advisory",
  reason: "The cloud may be watched from outside.",
  severity: "medium",
  controls: ["SOC2 CC7.2"],
  cure: "Do not switch monitoring off.",
  types: [CLOUD],
  check: ({ props }) =>
    (props.layers as string[] | undefined)?.includes("monitoring") ? [] : ["nobody watches the hosts"],
});
