// SPDX-License-Identifier: Apache-2.0
import { definePolicy } from "../define";

/** Nobody dares to delete what nobody can tell the owner of. */
export const tagsRequired = definePolicy({
  name: "tags-required",
  description: "Resources that take tags have those of the setting.",
  level: "advisory",
  reason: "A matter of bookkeeping.",
  severity: "low",
  controls: ["SOC2 CC6.1"],
  cure: "Add the tag.",
  types: [
    "scaleway:network/vpc:Vpc",
    "scaleway:network/privateNetwork:PrivateNetwork",
    "scaleway:iam/application:Application",
    "scaleway:object/bucket:Bucket",
  ],
  settings: {
    tags: {
      type: "array",
      items: { type: "string" },
      description: "Tags, or their beginnings such as `team=`.",
      default: [],
    },
  },
  check: ({ props, setting }) => {
    const tags = props.tags ?? [];
    const present = Array.isArray(tags)
      ? (tags as string[])
      : Object.entries(tags as Record<string, string>).map(([key, value]) => `${key}=${value}`);
    return setting<string[]>("tags")
      .filter((wanted) => !present.some((tag) => tag.startsWith(wanted)))
      .map((wanted) => `the tag ${wanted} is missing`);
  },
});
