// SPDX-License-Identifier: Apache-2.0
import { CLOUD, definePolicy, inProduction, PRODUCTION } from "../define";

/** A signing key fetched over plain HTTP is whoever's in between. */
export const packagesVerified = definePolicy({
  name: "packages-verified",
  description: "The key that signs packages comes over TLS or is named by its fingerprint.",
  level: "mandatory",
  reason: "Packages run as root on every host.",
  severity: "critical",
  controls: ["SOC2 CC7.1"],
  cure: "Use https in opennebula.repository.keyUrl, or give keyFingerprint.",
  types: [CLOUD],
  settings: PRODUCTION,
  check: (cloud) => {
    const repository = cloud.props.repository as { keyUrl: string; keyFingerprint?: string } | undefined;
    if (!inProduction(cloud) || repository === undefined) return [];
    return repository.keyUrl.startsWith("https://") || repository.keyFingerprint !== undefined
      ? []
      : ["the repository's key comes over plain HTTP"];
  },
});
