// SPDX-License-Identifier: Apache-2.0
import * as pulumi from "@pulumi/pulumi";
import type { Contribution } from "../host/merge";
import type { NetworkOutputs } from "../network/outputs";
import { planFlexibleIp, type FlexibleIpPlanArgs } from "./plan";
import { driverProgram } from "./program";
import { renderFlexibleIp } from "./render";

export interface FlexibleIpDriverArgs extends FlexibleIpPlanArgs {
  network: NetworkOutputs;
  /** oneadmin's password in oned. */
  oneadminPassword: pulumi.Input<string>;
  /** Public keys with which hypervisors ask the broker, by host name. */
  keys: Record<string, pulumi.Input<string>>;
  /** Scaleway's id of each hypervisor's server, by host name. */
  serverIds: Record<string, pulumi.Input<string>>;
}

/**
 * The driver that takes a VM's public addresses along: hooks for OpenNebula's network drivers, and on the front-end the broker
 * that they ask and the reconciler that repairs what no hook could. A part of the front-end's list of hosts, because it names
 * every one of them.
 */
export function flexibleIpDriver(args: FlexibleIpDriverArgs): Contribution {
  const { network } = args;
  const plan = planFlexibleIp(args);
  const values: Record<string, pulumi.Input<string>> = {
    "flexibleIp.program": driverProgram(),
    "agent.secretKey": network.agentSecretKey,
    "oneadmin.password": args.oneadminPassword,
  };
  for (const ip of plan.flexibleIps) values[`flexibleIp.${ip}.id`] = plainId(network.flexibleIps[ip]!.id);
  for (const host of Object.keys(plan.hosts)) {
    values[`${host}.serverId`] = plainId(args.serverIds[host]!);
    values[`${host}.flexibleIpKey`] = args.keys[host]!;
  }
  return { state: renderFlexibleIp(plan), values };
}

/** Scaleway's API wants ids without the zone that the provider puts before them. */
function plainId(id: pulumi.Input<string>): pulumi.Output<string> {
  return pulumi.output(id).apply((full) => full.split("/").at(-1)!);
}
