// SPDX-License-Identifier: Apache-2.0
import type * as pulumi from "@pulumi/pulumi";

/** What the network layer hands to the layers that build on it. Ids are full (`fr-par/<uuid>`). */
export interface NetworkOutputs {
  managementNetworkId: pulumi.Output<string>;
  vmsNetworkId: pulumi.Output<string>;
  /** Booked private addresses by host name. */
  hosts: Record<string, HostAddressOutputs>;
  /** Public addresses reserved for VMs, by name. */
  flexibleIps: Record<string, FlexibleIpOutputs>;
  /** Credentials of the hosts' agent; the secret key exists only here. */
  agentAccessKey: pulumi.Output<string>;
  agentSecretKey: pulumi.Output<string>;
}

export interface FlexibleIpOutputs {
  /** Full: `<zone>/<uuid>`. */
  id: pulumi.Output<string>;
  /** Without prefix length; of an IPv6 network the address that its VM has. */
  address: pulumi.Output<string>;
  /** The virtual MAC that the VM's NIC must have. */
  macAddress: pulumi.Output<string>;
}

export interface HostAddressOutputs {
  managementIpId: pulumi.Output<string>;
  vmsIpId: pulumi.Output<string>;
}
