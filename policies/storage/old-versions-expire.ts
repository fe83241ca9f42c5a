// SPDX-License-Identifier: Apache-2.0
import { definePolicy } from "../define";

interface Rule {
  enabled?: boolean;
  noncurrentVersionExpiration?: { noncurrentDays?: number };
}

/** A version that nobody sees is billed like one that everybody sees, and what was deleted for good reason is still there. */
export const oldVersionsExpire = definePolicy({
  name: "old-versions-expire",
  description: "Buckets that keep versions drop hidden ones some day.",
  level: "advisory",
  reason: "Versions that nobody sees are billed for ever, and personal data that was deleted stays.",
  severity: "low",
  controls: ["GDPR Art. 30"],
  cure: "Give the bucket a lifecycle rule with noncurrentVersionExpiration: {noncurrentDays: 30}.",
  types: ["scaleway:object/bucket:Bucket"],
  check: ({ props }) => {
    const keeps =
      (props.versioning as { enabled?: boolean } | undefined)?.enabled === true || props.objectLockEnabled === true;
    const rules = (props.lifecycleRules ?? []) as Rule[];
    const drops = rules.some(({ enabled, noncurrentVersionExpiration }) => enabled && noncurrentVersionExpiration);
    return keeps && !drops ? ["hidden versions stay in the bucket for ever"] : [];
  },
});
