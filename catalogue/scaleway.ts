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
