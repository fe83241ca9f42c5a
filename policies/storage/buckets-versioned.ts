// SPDX-License-Identifier: Apache-2.0
import { definePolicy } from "../define";

/** Whoever takes over a host deletes its backups first; versions survive that. */
export const bucketsVersioned = definePolicy({
  name: "buckets-versioned",
  description: "Buckets keep former versions.",
  level: "mandatory",
  reason: "Without versions one stolen key is the end of every backup.",
  severity: "high",
  controls: ["SOC2 A1.2", "GDPR Art. 32(1)(c)"],
  cure: "Set versioning: {enabled: true}.",
  types: ["scaleway:object/bucket:Bucket"],
  check: ({ props }) =>
    (props.versioning as { enabled?: boolean } | undefined)?.enabled === true || props.objectLockEnabled === true
      ? []
      : ["the bucket keeps no versions"],
});
