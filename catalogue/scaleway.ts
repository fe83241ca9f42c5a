// SPDX-License-Identifier: Apache-2.0

/** Ids of Scaleway's catalogue that are the same in every zone (read from the API, 2025-12). */
export const operatingSystems = {
  "debian-12": { id: "83640d93-a0b8-45ad-9c9f-30cae48380a4", distribution: "Debian", release: "12" },
  "ubuntu-24.04": { id: "7d1914e1-f4ab-47fc-bd8c-b3a23143e87a", distribution: "Ubuntu", release: "24.04" },
} as const;

export type OperatingSystem = keyof typeof operatingSystems;

/** The option that a server needs before it can join a private network. */
export const privateNetworkOption = { id: "cd4158d7-2d65-49be-8803-c4b8ab6f760c", tag: "PrivateNetwork" } as const;

/**
 * The router of flexible IPs on Elastic Metal. It lies outside every flexible IP's own /32, so guests need a route to it on the
 * link before they can use it (as the original installation had it).
 */
export const flexibleIpGateway = "62.210.0.1";

/** Bytes that a VXLAN over IPv4 takes from each packet: outer Ethernet, IP and UDP headers and its own. */
export const VXLAN_OVERHEAD = 50;

/**
 * Elastic Metal's hourly offers by name; ids are the same in every zone that has the offer (read from the API, newest 2026-04). The
 * provider warns of a name and looks it up at each run, so an offer is named by its id where that is known.
 */
export const hourlyOffers: Readonly<Record<string, string>> = {
  "EM-A115X-SSD": "f7241870-c383-4fa2-bbca-5189600df5c4",
  "EM-A116X-SSD": "8779d2c1-cd10-4a34-a006-cb5b1fb5cbc7",
  "EM-A210R-HDD": "25dcf38b-c90c-4b18-97a2-6956e9d1e113",
  "EM-A215R-HDD": "256e9714-4c9b-4727-840a-f9810df2c2b4",
  "EM-A315X-SSD": "6ec5bbb2-8267-41cd-aaf6-d43ea1b59372",
  "EM-A410X-SSD": "5a505e81-5f6a-42bd-acec-0b290be92697",
  "EM-A610R-NVME": "e1680dec-52aa-4cbc-b70c-ef32d863fdb0",
  "EM-B111X-SATA": "8c2cf291-a3d3-4dc5-967f-f498a088411d",
  "EM-B112X-SSD": "a5065ba4-dde2-45f3-adec-1ebbb27b766b",
  "EM-B211X-SATA": "c753f736-fbb4-4689-ae93-623f9d08dce5",
  "EM-B212X-SSD": "ddaf8ba6-b2b2-4279-8af3-51930fb602f8",
  "EM-B220E-NVME": "206ea234-9097-4ae1-af68-6d2be09f47ed",
  "EM-B311X-SATA": "4635682e-a2ac-4dcd-8071-3deb051e7398",
  "EM-B312X-SSD": "67ca9c9c-2f4a-447d-8d6d-7d242382a4a3",
  "EM-B320E-NVME": "a60ae97c-268c-40cb-af5f-dd276e917ed7",
  "EM-B420E-NVME": "d14eef5e-3279-42db-bb57-bb2bbe6a5b28",
  "EM-B520E-NVME": "d73011fa-02e0-46bc-992c-8bb62c767e97",
  "EM-I120E-NVME": "0e1f7c5b-05bf-4863-ba58-9ee07496d1f7",
  "EM-I210E-NVME": "7e81d4d4-a84b-4dd0-9f44-f0ac34a09e3a",
  "EM-I215E-NVME": "ddb09834-8680-4339-b5e3-19ca5205fa1f",
  "EM-I220E-NVME": "fd7605a7-7493-49ba-9019-0e9c2897d4a0",
  "EM-I226E-NVME": "32aea748-9d43-4187-b1ec-d007dbb7b3d0",
  "EM-I320E-NVME": "66cdd2c4-664c-47af-b0ad-a70e12999f0e",
  "EM-I420E-NVME": "6e905149-d776-49c1-824d-8161f40968e9",
  "EM-I520E-NVME": "b20ba18e-34e8-44aa-b909-93cbff7635b5",
  "EM-I525E-NVME": "49c3ff54-7949-4a53-8f52-f2ea17c451b1",
  "EM-I620E-NVME": "51131a3a-7a9b-44c7-8228-2c071c185b77",
  "EM-L101X-SATA": "bd757ca3-a71b-4158-9ef5-39436b6db2a4",
  "EM-L105X-SATA": "c5853302-63e4-40c7-a711-4a91629565c8",
  "EM-L110X-SATA": "a204136d-656b-44b7-9735-88ca2f62cb1f",
  "EM-L220E-NVME": "402efe20-4dcb-49af-bc80-1008bcc749a6",
  "EM-L420E-NVME": "18137894-b9a7-4e7b-b026-518ab8a3e41e",
  "EM-L520E-NVME": "526f75ed-4482-4e57-9c53-82f2983129ba",
  "EM-L620E-NVME": "c0069aba-31a5-401d-9bdb-58bcdd7859e6",
  "EM-RV1-C4M16S128-A": "f78052df-c8f7-437b-9793-098ef3d45f91",
  "EM-T220E-L40S": "4b5882ea-7453-4505-b601-37cc181eff2c",
  "EM-T620E-H100": "3f0a460c-46aa-4b9e-a39a-083688d08b6a",
};
