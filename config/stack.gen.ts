// Generated from stack.schema.json by `npm run generate`; do not edit.

/**
 * A Pulumi.<stack>.yaml of this program.
 */
export interface StackFile {
  encryptionsalt?: string;
  secretsprovider?: string;
  encryptedkey?: string;
  config: {
    "opennebula-scaleway:cloud": CloudConfig;
  };
}
/**
 * The whole cloud.
 */
export interface CloudConfig {
  /**
   * Scaleway zone that has Elastic Metal; the region follows from it.
   */
  zone: "fr-par-1" | "fr-par-2" | "nl-ams-1" | "nl-ams-2" | "pl-waw-2" | "pl-waw-3";
  /**
   * Scaleway project; default: SCW_DEFAULT_PROJECT_ID.
   */
  projectId?: string;
  /**
   * Elastic Metal offer of every host that names none, as the API spells it.
   */
  offer?: string;
  /**
   * How the servers are paid; monthly servers cannot go back to hourly.
   */
  billing?: "hourly" | "monthly";
  /**
   * Operating system of every host that names none.
   */
  os?: "debian-12" | "ubuntu-24.04";
  /**
   * Refuse to delete or replace servers, networks and addresses, in Pulumi and at Scaleway.
   */
  protect?: boolean;
  /**
   * Private DNS domain of the hosts.
   */
  domain?: string;
  admin: AdminConfig;
  /**
   * The servers by name. A name is an identity: it never moves to another server.
   */
  hosts: {
    [k: string]: HostConfig;
  };
  networks: NetworksConfig;
  opennebula?: OpenNebulaConfig;
  packages?: PackagesConfig;
  /**
   * NTP servers; default: the distribution's pool.
   *
   * @minItems 1
   */
  timeServers?: string[];
}
/**
 * Who administers the hosts.
 */
export interface AdminConfig {
  /**
   * Login name on every host; key only, sudo without password.
   */
  user?: string;
  /**
   * Networks that may reach SSH, in CIDR notation.
   *
   * @minItems 1
   */
  networks: string[];
  /**
   * Public keys of people, as in authorized_keys. The stack's own deploy key is always there.
   */
  sshKeys?: string[];
}
export interface HostConfig {
  /**
   * @minItems 1
   */
  roles: ("frontend" | "hypervisor")[];
  /**
   * Address in networks.management.
   */
  managementAddress: string;
  /**
   * Address in networks.vms; default: the same offset as managementAddress has in its network.
   */
  vmAddress?: string;
  offer?: string;
  os?: "debian-12" | "ubuntu-24.04";
  /**
   * Partitioning schema as Scaleway's API takes it; default: the offer's own.
   */
  partitioning?: {};
}
export interface NetworksConfig {
  management: PrivateNetworkConfig;
  vms: PrivateNetworkConfig;
  /**
   * How a private network reaches a host: vlan = tagged on the public NIC (Elastic Metal), dedicated = an own NIC.
   */
  privateNics?: "vlan" | "dedicated";
  vxlan?: VxlanConfig;
  /**
   * Names of the public addresses reserved for VMs.
   *
   * @maxItems 64
   */
  flexibleIps?: string[];
  /**
   * Scaleway's API as the hosts reach it, without slash at the end; default: https://api.scaleway.com.
   */
  scalewayApi?: string;
  /**
   * Resolvers of the hosts; default: those that the installed system uses.
   *
   * @minItems 1
   */
  nameservers?: string[];
}
export interface PrivateNetworkConfig {
  cidr: string;
  mtu?: number;
}
/**
 * The private network of VMs, a VXLAN over networks.vms.
 */
export interface VxlanConfig {
  cidr: string;
  firstAddress: string;
  size: number;
}
export interface OpenNebulaConfig {
  version?: "7.0" | "7.2" | "7.4";
  repository?: RepositoryConfig;
  /**
   * Further top-level settings of oned.conf by name, beyond those that this program sets.
   */
  settings?: {
    [k: string]: number | string;
  };
}
/**
 * Another place for OpenNebula's packages, laid out like the vendor's.
 */
export interface RepositoryConfig {
  /**
   * What stands before /<version>/<distribution>/<release>.
   */
  url: string;
  keyUrl: string;
  keyFingerprint?: string;
}
export interface PackagesConfig {
  /**
   * HTTP proxy for apt.
   */
  proxy?: string;
}
