// SPDX-License-Identifier: Apache-2.0
import type { HostRole, OperatingSystem, PrivateNics } from "../catalogue";
import type { OpenNebulaRepository } from "./host/opennebula-repository";

export interface CloudHostArgs {
  roles: HostRole[];
  /** Offer name as the API spells it. */
  offer: string;
  os: OperatingSystem;
  /** Address in the management network. */
  managementAddress: string;
  /** Address in the VM-to-VM network. */
  vmAddress: string;
  /** Partitioning schema as Scaleway's API takes it. @default the offer's own */
  partitioning?: Record<string, unknown>;
}

export interface PrivateNetworkArgs {
  cidr: string;
  /** Length of the prefix in `cidr`. */
  prefixLength: number;
  mtu: number;
}

export interface OpenNebulaCloudArgs {
  /** Scaleway zone that has Elastic Metal. */
  zone: string;
  region: string;
  projectId: string;
  /** @default "hourly" */
  billing?: "hourly" | "monthly";
  /** Refuse deletion at Scaleway. @default false */
  protect?: boolean;
  /** Private DNS domain of the hosts. */
  domain: string;
  admin: { user: string; sshKeys: string[] };
  /** By name; exactly one has the role frontend. Plain, because it decides how many resources there are. */
  hosts: Record<string, CloudHostArgs>;
  networks: {
    management: PrivateNetworkArgs;
    vms: PrivateNetworkArgs;
    /** @default PrivateNics.Vlan */
    privateNics?: PrivateNics;
    /** Names of the public addresses reserved for VMs. @default none */
    flexibleIps?: string[];
    /** Resolvers of the hosts. @default those that the installed system uses */
    nameservers?: string[];
  };
  opennebula: {
    /** Series: `7.0`, `7.2` or `7.4`. */
    version: string;
    /** @default the vendor's */
    repository?: OpenNebulaRepository;
    /** Further top-level settings of oned.conf. @default none */
    settings?: Record<string, string | number>;
  };
  /** HTTP proxy for apt. @default none */
  packageProxy?: string;
  /** NTP servers. @default the distribution's pool */
  timeServers?: string[];
}
