// SPDX-License-Identifier: Apache-2.0

/** What a layer must reach outside the cloud; the firewall lets nothing else out. */
export interface Egress {
  owner: "baremetal" | "frontend" | "hypervisor";
  protocol: "tcp" | "udp";
  port: number;
  /** A host name, or where the configuration says the names: `apt` sources, `resolvers`, `timeServers`. */
  to: { host: string } | { configured: "apt" | "resolvers" | "timeServers" };
  about: string;
}

export const egress: readonly Egress[] = [
  { owner: "baremetal", protocol: "udp", port: 53, to: { configured: "resolvers" }, about: "names" },
  { owner: "baremetal", protocol: "tcp", port: 53, to: { configured: "resolvers" }, about: "names, long answers" },
  { owner: "baremetal", protocol: "udp", port: 123, to: { configured: "timeServers" }, about: "time" },
  { owner: "baremetal", protocol: "tcp", port: 80, to: { configured: "apt" }, about: "packages of the distribution" },
  {
    owner: "frontend",
    protocol: "tcp",
    port: 443,
    to: { host: "downloads.opennebula.io" },
    about: "OpenNebula's packages",
  },
  {
    owner: "hypervisor",
    protocol: "tcp",
    port: 443,
    to: { host: "downloads.opennebula.io" },
    about: "OpenNebula's packages",
  },
  { owner: "frontend", protocol: "tcp", port: 443, to: { host: "marketplace.opennebula.io" }, about: "images" },
  { owner: "frontend", protocol: "tcp", port: 443, to: { host: "api.scaleway.com" }, about: "flexible IPs of VMs" },
];
