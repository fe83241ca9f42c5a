// SPDX-License-Identifier: Apache-2.0

import { LockLevel } from "../../opennebula";
import type { Properties } from "../definition";

const LEVELS: Record<string, LockLevel> = { use: LockLevel.Use, manage: LockLevel.Manage, admin: LockLevel.Admin };

/** The lock of a kind whose objects oned locks. */
export function lockProperty(api: string): Properties {
  return {
    lock: {
      type: "string",
      description:
        "Keeps everybody, administrators included, from operations of this level and those above it. Changes by the program open " +
        "the lock for a moment; what others do, other resources of the program included, is refused.",
      enum: {
        name: "LockLevel",
        description: "What a lock keeps people from.",
        values: { Use: "use", Manage: "manage", Admin: "admin" },
      },
      read: (object) => {
        const level = object.child("LOCK")?.int("LOCKED", 0);
        return Object.keys(LEVELS).find((word) => LEVELS[word] === level);
      },
      apply: async (work, { wanted }) => {
        const level = LEVELS[wanted as string];
        if (level === undefined) await work.call(`one.${api}.unlock`, [Number(work.id)]);
        else await work.call(`one.${api}.lock`, [Number(work.id), level, false]);
      },
      unseal: async (work) => void (await work.call(`one.${api}.unlock`, [Number(work.id)])),
    },
  };
}
