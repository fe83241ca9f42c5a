// SPDX-License-Identifier: Apache-2.0
import * as pulumi from "@pulumi/pulumi";
import * as cloud from "../cloud";
import type { FrontendOutputs } from "../frontend/outputs";
import type { HypervisorOutputs, RegistrationOutputs } from "./outputs";

export interface HostRegistrationsArgs {
  hypervisors: HypervisorOutputs;
  frontend: FrontendOutputs;
  /** What must be done before oned reaches the hosts: it does so by their names. @default only the hypervisors and the front-end */
  after?: pulumi.Resource[];
}

/** The hypervisors in oned, each monitored by it. */
export class HostRegistrations extends pulumi.ComponentResource implements RegistrationOutputs {
  readonly hostIds: Record<string, pulumi.Output<number>> = {};
  readonly ready: Record<string, pulumi.Resource> = {};

  constructor(name: string, args: HostRegistrationsArgs, opts?: pulumi.ComponentResourceOptions) {
    const { hypervisors, frontend, after = [] } = args;
    const { installed } = hypervisors;
    super("opennebula-scaleway:index:HostRegistrations", name, { hosts: Object.keys(installed) }, opts);
    for (const [host, layer] of Object.entries(installed)) {
      const registered = new cloud.Host(
        `${name}-${host}`,
        { name: host, imMad: "kvm", vmMad: "kvm" },
        // With the front-end's machine oned itself is gone; with its own machine the host must still be disabled and deleted.
        { parent: this, dependsOn: [layer, frontend.ready, ...after], deletedWith: frontend.server },
      );
      this.hostIds[host] = registered.hostId;
      this.ready[host] = registered;
    }
    this.registerOutputs({ hostIds: this.hostIds });
  }
}
