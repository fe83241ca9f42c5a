// SPDX-License-Identifier: Apache-2.0
import { definePolicy } from "../define";

/** Short passwords are found by trying. */
export const passwordsLong = definePolicy({
  name: "passwords-long",
  description: "Generated passwords are as long as the setting.",
  level: "mandatory",
  reason: "A short password is found by trying, and nobody notices.",
  severity: "high",
  controls: ["SOC2 CC6.1"],
  cure: "Raise length.",
  types: ["random:index/randomPassword:RandomPassword"],
  settings: { shortest: { type: "integer", description: "Characters.", default: 20 } },
  check: ({ props, setting }) =>
    Number(props.length) < setting<number>("shortest") ? [`the password has ${Number(props.length)} characters`] : [],
});
