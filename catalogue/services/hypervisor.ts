// SPDX-License-Identifier: Apache-2.0
import { TrustZone } from "../zones";
import { Bind, ServiceHost, type Service } from "./service";

/** Services of the hypervisors. */
export const hypervisorServices = {
  consoles: {
    port: 5900,
    lastPort: 65535,
    protocols: ["tcp"],
    owner: "hypervisor",
    hosts: ServiceHost.Hypervisor,
    unit: "libvirtd.service",
    bind: Bind.Loopback,
    from: [],
    about: "VNC of each VM, reached through SSH",
    onDemand: true,
  },
  liveMigration: {
    port: 49152,
    lastPort: 49215,
    protocols: ["tcp"],
    owner: "hypervisor",
    hosts: ServiceHost.Hypervisor,
    unit: "libvirtd.service",
    bind: Bind.All,
    from: [TrustZone.Private],
    about: "memory of a VM on its way to another host",
    onDemand: true,
  },
  vxlan: {
    port: 8472,
    protocols: ["udp"],
    owner: "hypervisor",
    hosts: ServiceHost.Hypervisor,
    unit: "kernel",
    bind: Bind.All,
    from: [TrustZone.Private],
    about: "VM-to-VM networks",
    onDemand: true,
  },
} as const satisfies Record<string, Service>;
