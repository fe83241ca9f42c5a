// SPDX-License-Identifier: Apache-2.0
import { definePolicy } from "../define";

/** An image from the network is what every VM trusts. */
export const imagesChecksummed = definePolicy({
  name: "images-checksummed",
  description: "Images that are fetched name their checksum.",
  level: "advisory",
  reason: "Builds of a moving release have no checksum that stays.",
  severity: "medium",
  controls: ["SOC2 CC7.1"],
  cure: "Give md5 or sha1 of the file.",
  types: ["opennebula:index:Image"],
  check: ({ props }) =>
    /^https?:/.test((props.path ?? "") as string) && props.md5 === undefined && props.sha1 === undefined
      ? ["the image is taken as it comes"]
      : [],
});
