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
  /** IPv6 router of the addresses. @default the one that advertises itself */
  gateway6?: string;
  /** Resolvers of the VMs. @default Quad9's, of the network's family */
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
  networkMask?: string;
  gateway?: string;
  gateway6?: string;
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
export type AddressRangePlan = { ip: string; size: number } | { flexibleIp: string; prefixLength?: number };

export interface VmNetworksArgs {
  /** Private networks by name. Plain, because it decides how many there are. */
  vxlan: Record<string, VxlanNetworkArgs>;
  /** Bytes that the hosts' VM-to-VM network carries. */
  carrierMtu: number;
  public?: PublicNetworkArgs;
  /** The public addresses by name; none of a family: no public network of it. */
  flexibleIps: Record<string, { type?: "ipv4" | "ipv6" }>;
}

/** OpenNebula's name of the network of public addresses. */
export const PUBLIC_NETWORK = "public";
/** The one of public IPv6 addresses: in one network with the others oned would give a VM either. */
export const PUBLIC_NETWORK6 = "public6";

/** Every flexible IPv6 is one of these. */
const FLEXIBLE_PREFIX_LENGTH = 64;

/** Every network of VMs. @throws Error when a CIDR is none */
export function planVmNetworks(args: VmNetworksArgs): VmNetworksPlan {
  const networks: VmNetworksPlan = {};
  for (const [name, vxlan] of Object.entries(args.vxlan)) {
    const { firstAddress: ip, size } = vxlan;
    networks[name] = { network: planVxlanNetwork(name, vxlan, args.carrierMtu), ranges: { vms: { ip, size } } };
  }
  const ofType = (type: "ipv4" | "ipv6"): string[] =>
    Object.keys(args.flexibleIps).filter((ip) => (args.flexibleIps[ip]!.type ?? "ipv4") === type);
  const [ipv4, ipv6] = [ofType("ipv4"), ofType("ipv6")];
  if (ipv4.length > 0) {
    const ranges = Object.fromEntries(ipv4.map((flexibleIp) => [flexibleIp, { flexibleIp }]));
    networks[PUBLIC_NETWORK] = { network: planPublicNetwork(args.public), ranges, guarded: true };
  }
  if (ipv6.length > 0) {
    const prefixLength = FLEXIBLE_PREFIX_LENGTH;
    const ranges = Object.fromEntries(ipv6.map((flexibleIp) => [flexibleIp, { flexibleIp, prefixLength }]));
    networks[PUBLIC_NETWORK6] = { network: planPublicNetwork6(args.public), ranges, guarded: true };
  }
  return networks;
}

/** No resolver of Scaleway's answers addresses that move between servers in every zone; these are Quad9's. */
const PUBLIC_NAMESERVERS = {
  ipv4: ["9.9.9.9", "149.112.112.112"],
  ipv6: ["2620:fe::fe", "2620:fe::9"],
} as const;

/** Nameservers that a VM of a public network reaches: those of its family alone, and where none is named, the usual ones. */
function nameserversOf(family: keyof typeof PUBLIC_NAMESERVERS, { nameservers = [] }: PublicNetworkArgs): string[] {
  const named = nameservers.filter((one) => one.includes(":") === (family === "ipv6"));
  return named.length > 0 ? named : [...PUBLIC_NAMESERVERS[family]];
}

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

/** What both public networks are: the hosts' public bridge. `fw` is OpenNebula's driver for bridges with security groups. */
const PUBLIC = {
  vnMad: "fw",
  // Without a PHYDEV: the bridge and the NIC in it are the host's, and no driver may take them apart.
  bridge: hostDevices.publicBridge,
  filterIpSpoofing: true,
  filterMacSpoofing: true,
} as const;

/** The public network of VMs: each address by itself, its router outside. */
function planPublicNetwork(args: PublicNetworkArgs = {}): VmNetworkPlan {
  return {
    ...PUBLIC,
    networkMask: "255.255.255.255",
    gateway: args.gateway ?? flexibleIpGateway,
    dns: nameserversOf("ipv4", args),
  };
}

/** The one of IPv6: an address of each bought /64, whose VM has the MAC that Scaleway's switch expects. */
function planPublicNetwork6(args: PublicNetworkArgs = {}): VmNetworkPlan {
  return {
    ...PUBLIC,
    gateway6: args.gateway6,
    dns: nameserversOf("ipv6", args),
  };
}
