// SPDX-License-Identifier: Apache-2.0
import * as pulumi from "@pulumi/pulumi";
import type { FlexibleIpOutputs } from "../../network/outputs";
import { AddressRange, SecurityGroup, VirtualNetwork, type AddressRangeArgs } from "../resources.gen";
import { AddressRangeType, SecurityGroupDirection as Direction, SecurityGroupProtocol as Protocol } from "../types.gen";
import type { AddressRangePlan, VmNetworksPlan } from "./plan";

export interface VmNetworksArgs {
  networks: VmNetworksPlan;
  /** The bought addresses that the plan names. */
  flexibleIps: Record<string, FlexibleIpOutputs>;
}

/** OpenNebula's networks for VMs. A flexible IP is a range of one address with the MAC that Scaleway's switch expects. */
export class VmNetworks extends pulumi.ComponentResource {
  /** Numbers in oned by name. */
  readonly networkIds: Record<string, pulumi.Output<number>> = {};

  constructor(
    name: string,
    private readonly args: VmNetworksArgs,
    opts?: pulumi.ComponentResourceOptions,
  ) {
    super("opennebula-scaleway:index:VmNetworks", name, { networks: args.networks }, opts);
    const parent = { parent: this };
    for (const [network, plan] of Object.entries(args.networks)) {
      const securityGroups = plan.guarded ? [this.guard(`${name}-${network}-guard`, network).id] : undefined;
      const args = { name: network, ...plan.network, securityGroups };
      const made = new VirtualNetwork(`${name}-${network}`, args, parent);
      this.networkIds[network] = made.id.apply(Number);
      for (const [range, addresses] of Object.entries(plan.ranges)) {
        new AddressRange(
          `${name}-${network}-${range}`,
          { network: made.id, ...this.addressesOf(addresses) },
          { parent: this, deletedWith: made },
        );
      }
    }
    this.registerOutputs({ networkIds: this.networkIds });
  }

  /** What every VM of the network may at least: ask outward and be pinged. Anything more is a security group of the VM's own NIC. */
  private guard(name: string, network: string): SecurityGroup {
    const rules = [
      { protocol: Protocol.All, direction: Direction.Outbound },
      { protocol: Protocol.Icmp, direction: Direction.Inbound },
      { protocol: Protocol.Icmpv6, direction: Direction.Inbound },
    ];
    // Whoever may use the network must be able to use its group.
    return new SecurityGroup(name, { name: network, rules, permissions: "644" }, { parent: this });
  }

  private addressesOf(range: AddressRangePlan): Omit<AddressRangeArgs, "network"> {
    if ("ip" in range) return range;
    const bought = this.args.flexibleIps[range.flexibleIp];
    if (!bought)
      throw new pulumi.ResourceError(`the flexible IP ${range.flexibleIp} was not bought: pass its address`, this);
    const { address, macAddress: mac } = bought;
    if (range.prefixLength === undefined) return { size: 1, ip: address, mac };
    // The MAC is one, so of the network one VM has an address.
    return { type: AddressRangeType.Ip6Static, size: 1, ip6: address, prefixLength: range.prefixLength, mac };
  }
}
