// SPDX-License-Identifier: Apache-2.0
import * as pulumi from "@pulumi/pulumi";
import { PROVIDER_VERSION, TOKENS } from "../../provider/types";

/** Arguments of {@link Host}. */
export interface HostArgs {
  /** What oned calls the host and resolves to reach it. Unique. */
  name: pulumi.Input<string>;
  /** Driver that collects the host's data. @default "kvm" */
  imMad?: pulumi.Input<string>;
  /** Driver that runs VMs. @default "kvm" */
  vmMad?: pulumi.Input<string>;
  /** Name or id of the cluster. Left out: oned's default cluster, and whatever cluster the host is moved to later. */
  cluster?: pulumi.Input<string>;
  /** Template attributes, e.g. `RESERVED_CPU`. Those that the program does not name are left alone. */
  attributes?: pulumi.Input<Record<string, pulumi.Input<string>>>;
}

/**
 * A hypervisor that oned manages.
 *
 * Creation waits until oned monitors it (state `on`, at most 300 s or the resource's custom timeout) and otherwise fails with oned's
 * reason. Deletion disables it, waits up to 60 s for its VMs to leave, and refuses while some stay.
 */
export class Host extends pulumi.CustomResource {
  declare readonly name: pulumi.Output<string>;
  declare readonly imMad: pulumi.Output<string>;
  declare readonly vmMad: pulumi.Output<string>;
  declare readonly cluster: pulumi.Output<string | undefined>;
  declare readonly attributes: pulumi.Output<Record<string, string> | undefined>;
  /** oned's number for the host. */
  declare readonly hostId: pulumi.Output<number>;
  declare readonly clusterId: pulumi.Output<number>;
  declare readonly clusterName: pulumi.Output<string>;
  /** As `onehost list` shows it: `on`, `init`, `err`, `dsbl`, `off`. */
  declare readonly state: pulumi.Output<string>;

  constructor(name: string, args: HostArgs, opts: pulumi.CustomResourceOptions = {}) {
    const { imMad, vmMad, cluster, attributes } = args;
    const inputs: pulumi.Inputs = {
      name: args.name,
      imMad,
      vmMad,
      cluster,
      attributes,
      hostId: undefined,
      clusterId: undefined,
      clusterName: undefined,
      state: undefined,
    };
    super(TOKENS.host, name, inputs, { version: PROVIDER_VERSION, ...opts });
  }

  /**
   * A host that is in oned already, as it is; nothing is changed.
   *
   * @param id - the number that `onehost list` shows.
   */
  static get(name: string, id: pulumi.Input<pulumi.ID>, opts: pulumi.CustomResourceOptions = {}): Host {
    return new Host(name, { name: pulumi.output("") }, { ...opts, id });
  }
}
