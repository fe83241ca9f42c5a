// SPDX-License-Identifier: Apache-2.0
import type * as pulumi from "@pulumi/pulumi";

/** What the network layer hands to the layers that build on it. Ids are full (`fr-par/<uuid>`). */
export interface NetworkOutputs {
  managementNetworkId: pulumi.Output<string>;
  vmsNetworkId: pulumi.Output<string>;
  /** Booked private addresses by host name. */
  hosts: Record<string, HostAddressOutputs>;
  /** Public addresses reserved for VMs, by name, without prefix length. */
  flexibleIps: Record<string, pulumi.Output<string>>;
  /** Their ids, by name. */
  flexibleIpIds: Record<string, pulumi.Output<string>>;
  /** The virtual MAC that a guest must show for each, by name. */
  flexibleIpMacs: Record<string, pulumi.Output<string>>;
  /** Credentials of the hosts' agent; the secret key exists only here. */
  agentAccessKey: pulumi.Output<string>;
  agentSecretKey: pulumi.Output<string>;
}

export interface HostAddressOutputs {
  managementIpId: pulumi.Output<string>;
  vmsIpId: pulumi.Output<string>;
}
