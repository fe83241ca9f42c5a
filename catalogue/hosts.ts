// SPDX-License-Identifier: Apache-2.0

/** What a host does. */
export enum HostRole {
  Frontend = "frontend",
  Hypervisor = "hypervisor",
}

/** How a private network reaches a host. */
export enum PrivateNics {
  /** Tagged on the public NIC, as Elastic Metal delivers it. */
  Vlan = "vlan",
  /** An own NIC named `pn<vlan>`. */
  Dedicated = "dedicated",
}
