// SPDX-License-Identifier: Apache-2.0
import type { ResourceValidationPolicy } from "@pulumi/policy";

/** A changed trigger replaces the command: its new `create` runs first and then the old `delete`, which undoes the new work. */
export const noTriggersWithUndo: ResourceValidationPolicy = {
  name: "no-triggers-with-undo",
  description: "A remote command with a delete command has no triggers.",
  enforcementLevel: "mandatory",
  validateResource: (args, reportViolation) => {
    if (args.type !== "command:remote:Command") return;
    const { triggers, delete: undo } = args.props as { triggers?: unknown[]; delete?: string };
    if (undo !== undefined && triggers !== undefined && triggers.length > 0) {
      reportViolation(
        "triggers replace the command, and the old delete would undo the new work. Let stdin be what changes.",
      );
    }
  },
};
