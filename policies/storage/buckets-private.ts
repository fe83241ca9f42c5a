// SPDX-License-Identifier: Apache-2.0
import { definePolicy } from "../define";

/** Backups in a public bucket are the usual leak. */
export const bucketsPrivate = definePolicy({
  name: "buckets-private",
  description: "No bucket can be read by everybody.",
  level: "mandatory",
  reason: "Backups hold everything that the cloud holds.",
  severity: "critical",
  controls: ["SOC2 CC6.1", "GDPR Art. 32(1)(b)"],
  cure: "Set acl: private and give access by an IAM policy.",
  types: ["scaleway:object/bucket:Bucket", "scaleway:object/bucketAcl:BucketAcl"],
  check: ({ props }) => {
    const acl = (props.acl ?? "private") as string;
    return acl === "private" ? [] : [`the ACL is ${acl}`];
  },
});
