// SPDX-License-Identifier: Apache-2.0
import { PrivateNics } from "./hosts";

/** What a cloud is where nobody says otherwise; `config/stack.schema.json` states the same values for editors. */
export const cloudDefaults = {
  offer: "EM-A610R-NVME",
  os: "debian-12",
  billing: "hourly",
  domain: "cloud.internal",
  adminUser: "ops",
  openNebulaVersion: "7.0",
  privateNics: PrivateNics.Vlan,
  mtu: 1500,
  scalewayApi: "https://api.scaleway.com",
  /** Networks of the original installation; a stack file must name its own. */
  managementCidr: "10.16.0.0/20",
  vmsCidr: "172.16.24.0/22",
  /** Folder of credentials in a secret store. */
  secretsPath: "opennebula-scaleway",
} as const;

/** What is kept of the logs where nobody says otherwise. */
export const logDefaults = {
  /** Each host's own journal, which is also what waits for a collector that is down. */
  bufferGib: 1,
  /** What other hosts sent. */
  storeGib: 10,
  days: 90,
} as const;
