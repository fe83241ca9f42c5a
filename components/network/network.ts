// SPDX-License-Identifier: Apache-2.0
import * as pulumi from "@pulumi/pulumi";
import * as scaleway from "@pulumiverse/scaleway";
import { openVpcAcl, type VpcAclPlan } from "./acl";
import type { FlexibleIpOutputs, HostAddressOutputs, NetworkOutputs } from "./outputs";

export interface NetworkHost {
  /** Address in the management network. */
  managementAddress: string;
  /** Address in the VM-to-VM network. */
  vmAddress: string;
}

export interface NetworkArgs {
  /** Scaleway region, e.g. `fr-par`. */
  region: string;
  /** Scaleway zone of the flexible IPs, e.g. `fr-par-2`. */
  zone: string;
  /** Project that owns everything and to which the agent's rights are limited. */
  projectId: string;
  /** Network of the hosts among each other, in CIDR notation. */
  managementCidr: string;
  /** Network that carries the VMs' VXLANs, in CIDR notation. */
  vmsCidr: string;
  /** The hosts by name. Plain, because it decides how many addresses are booked. */
  hosts: Record<string, NetworkHost>;
  /** Public addresses reserved for VMs, by name. Plain, because it decides how many there are. */
  flexibleIps: Record<string, FlexibleIpArgs>;
  /** What may be routed between private networks of the VPC; see {@link vpcAcl}. @default everything, as at Scaleway */
  acl?: VpcAclPlan;
}

/** One public address of a VM, or an IPv6 network of which a VM takes an address. */
export interface FlexibleIpArgs {
  /** `ipv6` is a /64. @default "ipv4" */
  type?: "ipv4" | "ipv6";
  /** Name that the address answers to in reverse DNS; it must point to the address already. @default Scaleway's own */
  reverse?: string;
}

/**
 * VPC with the two private networks, an address for each host in both, the public addresses of VMs, and the identity with
 * which the hosts' agent moves those addresses between servers.
 */
export class Network extends pulumi.ComponentResource implements NetworkOutputs {
  readonly managementNetworkId: pulumi.Output<string>;
  readonly vmsNetworkId: pulumi.Output<string>;
  readonly hosts: Record<string, HostAddressOutputs> = {};
  readonly flexibleIps: Record<string, FlexibleIpOutputs> = {};
  readonly agentAccessKey: pulumi.Output<string>;
  readonly agentSecretKey: pulumi.Output<string>;

  constructor(name: string, args: NetworkArgs, opts?: pulumi.ComponentResourceOptions) {
    super("opennebula-scaleway:index:Network", name, args, opts);
    const { region, zone, projectId } = args;
    const parent = { parent: this };

    const vpc = new scaleway.network.Vpc(`${name}-vpc`, { name, region, projectId }, parent);
    const privateNetwork = (purpose: string, cidr: string): scaleway.network.PrivateNetwork =>
      new scaleway.network.PrivateNetwork(
        `${name}-${purpose}`,
        { name: `${name}-${purpose}`, region, projectId, vpcId: vpc.id, ipv4Subnet: { subnet: cidr } },
        parent,
      );
    const { defaultPolicy, v4, v6 } = args.acl ?? openVpcAcl;
    for (const [family, rules] of Object.entries({ v4, v6 }))
      new scaleway.network.Acl(
        `${name}-vpc-${family}`,
        { vpcId: vpc.id, region, isIpv6: family === "v6", defaultPolicy, rules },
        { ...parent, deletedWith: vpc },
      );
    const management = privateNetwork("management", args.managementCidr);
    const vms = privateNetwork("vms", args.vmsCidr);
    this.managementNetworkId = management.id;
    this.vmsNetworkId = vms.id;

    const book = (resource: string, network: scaleway.network.PrivateNetwork, address: string): scaleway.ipam.Ip =>
      new scaleway.ipam.Ip(
        resource,
        { region, projectId, address, sources: [{ privateNetworkId: network.id }] },
        parent,
      );
    for (const [host, addresses] of Object.entries(args.hosts)) {
      this.hosts[host] = {
        managementIpId: book(`${name}-${host}-management`, management, addresses.managementAddress).id,
        vmsIpId: book(`${name}-${host}-vms`, vms, addresses.vmAddress).id,
      };
    }
    for (const [ip, { reverse, type }] of Object.entries(args.flexibleIps)) {
      const isIpv6 = type === "ipv6" || undefined;
      // The driver on the hosts owns the attachment: a VM that moves takes its address along.
      const reserved = new scaleway.elasticmetal.Ip(
        `${name}-ip-${ip}`,
        { zone, projectId, description: `${name} ${ip}`, reverse, isIpv6 },
        { ...parent, ignoreChanges: ["serverId", "description"] },
      );
      // Scaleway's switch lets an address in and out by this MAC alone, so it is the VM's.
      const mac = new scaleway.elasticmetal.IpMacAddress(
        `${name}-ip-${ip}-mac`,
        { zone, flexibleIpId: reserved.id, type: "kvm" },
        { ...parent, deletedWith: reserved },
      );
      this.flexibleIps[ip] = {
        id: reserved.id,
        address: reserved.ipAddress.apply(addressOfVm),
        macAddress: mac.address,
      };
    }

    const key = this.agentIdentity(name, projectId);
    this.agentAccessKey = key.accessKey;
    this.agentSecretKey = pulumi.secret(key.secretKey);
    this.registerOutputs({ managementNetworkId: this.managementNetworkId, vmsNetworkId: this.vmsNetworkId });
  }

  /**
   * Moving a flexible IP needs Elastic Metal's write permission: Scaleway has no narrower permission set (list of 2025-10). The
   * scope is this one project.
   */
  private agentIdentity(name: string, projectId: string): scaleway.iam.ApiKey {
    const parent = { parent: this };
    const application = new scaleway.iam.Application(
      `${name}-agent`,
      { name: `${name}-agent`, description: "moves flexible IPs with VMs" },
      parent,
    );
    const group = new scaleway.iam.Group(
      `${name}-agents`,
      { name: `${name}-agents`, applicationIds: [application.id] },
      parent,
    );
    new scaleway.iam.Policy(
      `${name}-agents`,
      {
        name: `${name}-agents`,
        groupId: group.id,
        rules: [{ permissionSetNames: ["ElasticMetalFullAccess"], projectIds: [projectId] }],
      },
      parent,
    );
    return new scaleway.iam.ApiKey(
      `${name}-agent`,
      { applicationId: application.id, defaultProjectId: projectId, description: `${name}-agent` },
      { ...parent, additionalSecretOutputs: ["secretKey"] },
    );
  }
}

/** Of an IPv6 network (`2001:db8:1::/64`) the second address, because the first is often a router's; an IPv4 address as it is. */
function addressOfVm(address: string): string {
  const plain = address.replace(/\/\d+$/, "");
  return plain.endsWith("::") ? `${plain}2` : plain;
}
