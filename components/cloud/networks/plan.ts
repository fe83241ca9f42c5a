// SPDX-License-Identifier: Apache-2.0
import { flexibleIpGateway, hostDevices, ipv4Network, ipv4Text, VXLAN_OVERHEAD } from "../../../catalogue";

/** A private network of VMs: a VXLAN over the hosts' VM-to-VM network. */
export interface VxlanNetworkArgs {
  /** IPv4 network in CIDR notation. */
  cidr: string;
  /** First address that VMs get. */
  firstAddress: string;
  /** How many addresses VMs get. */
  size: number;
  /** Router of the VMs. @default none: the network is closed */
  gateway?: string;
  /** Resolvers of the VMs. @default none */
  nameservers?: string[];
  /** Bytes that a VM may send at once. @default the carrier's MTU less 50 for the VXLAN */
  mtu?: number;
}

/** The public network of VMs. */
export interface PublicNetworkArgs {
  /** Router of the addresses. @default the one that Scaleway gives for flexible IPs */
  gateway?: string;
  /** Resolvers of the VMs. @default 9.9.9.9 and 149.112.112.112 */
  nameservers?: string[];
}

/** What oned is told of a network, in the words of the provider's `VirtualNetwork`; addresses are ranges of their own. */
export interface VmNetworkPlan {
  vnMad: "vxlan" | "fw";
  bridge?: string;
  physicalDevice?: string;
  automaticVlanId?: boolean;
  guestMtu?: number;
  networkAddress?: string;
  networkMask: string;
  gateway?: string;
  dns?: string[];
  filterIpSpoofing: boolean;
  filterMacSpoofing: boolean;
}

/**
 * The networks of VMs by name, each with its ranges of addresses; `guarded` ones get a security group of their own instead of oned's
 * group 0, which lets everything in.
 */
export type VmNetworksPlan = Record<
  string,
  { network: VmNetworkPlan; ranges: Record<string, AddressRangePlan>; guarded?: boolean }
>;

/** A range of addresses: known before anything exists, or a flexible IP that is bought first. */
export type AddressRangePlan = { ip: string; size: number } | { flexibleIp: string };

export interface VmNetworksArgs {
  /** Private networks by name. Plain, because it decides how many there are. */
  vxlan: Record<string, VxlanNetworkArgs>;
  /** Bytes that the hosts' VM-to-VM network carries. */
  carrierMtu: number;
  public?: PublicNetworkArgs;
  /** Names of the public addresses; none: no public network. */
  flexibleIps: string[];
}

/** OpenNebula's name of the network of public addresses. */
export const PUBLIC_NETWORK = "public";

/** Every network of VMs. @throws Error when a CIDR is none */
export function planVmNetworks(args: VmNetworksArgs): VmNetworksPlan {
  const networks: VmNetworksPlan = {};
  for (const [name, vxlan] of Object.entries(args.vxlan)) {
    const { firstAddress: ip, size } = vxlan;
    networks[name] = { network: planVxlanNetwork(name, vxlan, args.carrierMtu), ranges: { vms: { ip, size } } };
  }
  if (args.flexibleIps.length > 0) {
    const ranges = Object.fromEntries(args.flexibleIps.map((flexibleIp) => [flexibleIp, { flexibleIp }]));
    networks[PUBLIC_NETWORK] = { network: planPublicNetwork(args.public), ranges, guarded: true };
  }
  return networks;
}

/** No resolver of Scaleway's answers addresses that move between servers in every zone; these are Quad9's. */
const PUBLIC_NAMESERVERS = ["9.9.9.9", "149.112.112.112"];

/**
 * A private network of VMs.
 *
 * @param carrierMtu - bytes that the hosts' VM-to-VM network carries.
 * @throws Error when `cidr` is no network.
 */
function planVxlanNetwork(name: string, args: VxlanNetworkArgs, carrierMtu: number): VmNetworkPlan {
  const network = ipv4Network(args.cidr);
  if (!network)
    throw new Error(`networks.vxlan.${name}.cidr: must be an IPv4 network in CIDR notation without host bits`);
  return {
    vnMad: "vxlan",
    physicalDevice: hostDevices.vms,
    // oned counts the numbers: two networks never share one, and nobody keeps a list.
    automaticVlanId: true,
    guestMtu: args.mtu ?? carrierMtu - VXLAN_OVERHEAD,
    networkAddress: ipv4Text(network.first),
    networkMask: ipv4Text(2 ** 32 - 2 ** (32 - network.prefixLength)),
    gateway: args.gateway,
    dns: args.nameservers,
    filterIpSpoofing: true,
    filterMacSpoofing: true,
  };
}

/**
 * The public network of VMs: the hosts' public bridge, each address by itself, its router outside. `fw` is OpenNebula's driver for
 * bridges with security groups.
 */
function planPublicNetwork(args: PublicNetworkArgs = {}): VmNetworkPlan {
  return {
    vnMad: "fw",
    // Without a PHYDEV: the bridge and the NIC in it are the host's, and no driver may take them apart.
    bridge: hostDevices.publicBridge,
    networkMask: "255.255.255.255",
    gateway: args.gateway ?? flexibleIpGateway,
    dns: args.nameservers ?? PUBLIC_NAMESERVERS,
    filterIpSpoofing: true,
    filterMacSpoofing: true,
  };
}
