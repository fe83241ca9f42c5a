// SPDX-License-Identifier: Apache-2.0

/** What a host does. */
export enum HostRole {
  Frontend = "frontend",
  Hypervisor = "hypervisor",
}

/** Network devices that every host has, by what they are for. */
export const hostDevices = {
  /** The bridge that carries the host's public address and the public NICs of VMs. */
  publicBridge: "pubridge",
  /** The interface in the management network. */
  management: "hosttohost",
  /** The interface in the VM-to-VM network: PHYDEV of VXLAN networks. */
  vms: "vmtovm",
} as const;

/** How a private network reaches a host. */
export enum PrivateNics {
  /** Tagged on the public NIC, as Elastic Metal delivers it. */
  Vlan = "vlan",
  /** An own NIC named `pn<vlan>`. */
  Dedicated = "dedicated",
}

/** Where OpenNebula's network drivers put a proxy beside each guest (`src/vnm_mad/remotes/lib/tproxy.rb`, series 6.10 and later). */
export const guestProxyAddress = "169.254.16.9";

/** What the operator's machine is called where hosts are; no host has this name. */
export const OPERATOR_HOST = "operator";
