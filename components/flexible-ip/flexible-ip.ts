// SPDX-License-Identifier: Apache-2.0
import * as pulumi from "@pulumi/pulumi";
import type { FrontendOutputs } from "../frontend/outputs";
import { convergeLayer } from "../host";
import type { HypervisorOutputs } from "../hypervisor/outputs";
import type { NetworkOutputs } from "../network/outputs";
import { planFlexibleIp, type FlexibleIpPlanArgs } from "./plan";
import { driverProgram } from "./program";
import { renderFlexibleIp } from "./render";

export interface FlexibleIpDriverArgs extends FlexibleIpPlanArgs {
  /** Name of the front-end host. */
  host: string;
  network: NetworkOutputs;
  frontend: FrontendOutputs;
  hypervisors: HypervisorOutputs;
  /** Scaleway's id of each hypervisor's server, by host name. */
  serverIds: Record<string, pulumi.Input<string>>;
}

/**
 * The driver that takes a VM's public addresses along: hooks for OpenNebula's network drivers, and on the front-end the broker
 * that they ask and the reconciler that repairs what no hook could.
 */
export class FlexibleIpDriver extends pulumi.ComponentResource {
  constructor(name: string, args: FlexibleIpDriverArgs, opts?: pulumi.ComponentResourceOptions) {
    const { network, frontend, hypervisors } = args;
    super("opennebula-scaleway:index:FlexibleIpDriver", name, { flexibleIps: args.flexibleIps }, opts);
    const plan = planFlexibleIp(args);
    const values: Record<string, pulumi.Input<string>> = {
      "flexibleIp.program": driverProgram(),
      "agent.secretKey": network.agentSecretKey,
      "oneadmin.password": frontend.password,
    };
    for (const ip of plan.flexibleIps) values[`flexibleIp.${ip}.id`] = plainId(network.flexibleIps[ip]!.id);
    for (const host of Object.keys(plan.hosts)) {
      values[`${host}.serverId`] = plainId(args.serverIds[host]!);
      values[`${host}.flexibleIpKey`] = hypervisors.flexibleIpKeys[host]!;
    }
    convergeLayer(
      name,
      { host: args.host, layer: "flexible-ip", connection: frontend.connection, state: renderFlexibleIp(plan), values },
      // The hooks go to every host that oned knows, so all must be registered.
      { parent: this, dependsOn: [frontend.ready, ...hypervisors.ready], deletedWith: frontend.server },
    );
    this.registerOutputs({});
  }
}

/** Scaleway's API wants ids without the zone that the provider puts before them. */
function plainId(id: pulumi.Input<string>): pulumi.Output<string> {
  return pulumi.output(id).apply((full) => full.split("/").at(-1)!);
}
