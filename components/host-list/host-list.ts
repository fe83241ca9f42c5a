// SPDX-License-Identifier: Apache-2.0
import * as pulumi from "@pulumi/pulumi";
import type { FrontendOutputs } from "../frontend/outputs";
import { convergeLayer } from "../host";
import { mergeStates, mergeValues, type Contribution } from "../host/merge";
import { renderHostNames, type HostNamesArgs } from "./names";

export interface HostListArgs extends HostNamesArgs {
  frontend: FrontendOutputs;
  /** What must be done on the hosts before the front-end may know them. */
  after: pulumi.Resource[];
  /** What else the front-end holds of every host: who may ask for flexible IPs, what Prometheus looks at. @default nothing */
  contributions?: Contribution[];
}

/**
 * Everything that the front-end knows of the other hosts, in one layer, so that a host that comes or goes is one command there.
 * It goes before the hosts' registration: oned reaches a host by its name.
 */
export class HostList extends pulumi.ComponentResource {
  /** Done when the front-end knows every host. */
  readonly ready: pulumi.Resource;

  constructor(name: string, args: HostListArgs, opts?: pulumi.ComponentResourceOptions) {
    const { host, frontend, contributions = [] } = args;
    super("opennebula-scaleway:index:HostList", name, { hosts: Object.keys(args.hosts) }, opts);
    const layer = convergeLayer(
      `${name}-${host}`,
      {
        host,
        layer: "host-list",
        connection: frontend.connection,
        state: mergeStates([renderHostNames(args), ...contributions.map(({ state }) => state)]),
        values: mergeValues(contributions),
      },
      { parent: this, dependsOn: [frontend.ready, ...args.after], deletedWith: frontend.server },
    );
    this.ready = layer.command;
    this.registerOutputs({});
  }
}
