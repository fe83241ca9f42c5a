// SPDX-License-Identifier: Apache-2.0
import { CLOUD, definePolicy, inProduction, PRODUCTION } from "../define";

/** Disks of rented servers go to other people, one by one when they break, all of them at the end. */
export const disksEncrypted = definePolicy({
  name: "disks-encrypted",
  description: "Data of production are on encrypted disks.",
  level: "advisory",
  reason: "It is chosen when a server is installed, and a host that was booted waits for a person or its TPM.",
  severity: "medium",
  controls: ["SOC2 CC6.1", "GDPR Art. 32(1)(a)"],
  cure: "Set encryption.disks: true before servers are ordered; installed ones are exchanged one by one (docs/security/encryption.md).",
  types: [CLOUD],
  settings: PRODUCTION,
  check: (cloud) =>
    !inProduction(cloud) || cloud.props.encryptedDisks === true
      ? []
      : ["images, VMs and the database are on plain disks"],
});
