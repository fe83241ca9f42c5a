// SPDX-License-Identifier: Apache-2.0
import { definePolicy } from "../define";

/** A changed trigger replaces the command: its new `create` runs first and then the old `delete`, which undoes the new work. */
export const noTriggersWithUndo = definePolicy({
  name: "no-triggers-with-undo",
  description: "A remote command with a delete command has no triggers.",
  level: "mandatory",
  reason: "A change would leave the host without what the change was for.",
  severity: "high",
  controls: ["SOC2 CC8.1"],
  cure: "Let stdin be what changes.",
  types: ["command:remote:Command"],
  check: ({ props }) => {
    const { triggers, delete: undo } = props as { triggers?: unknown[]; delete?: string };
    if (undo === undefined || triggers === undefined || triggers.length === 0) return [];
    return ["triggers replace the command, and the old delete would undo the new work"];
  },
});
