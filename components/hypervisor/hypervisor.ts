// SPDX-License-Identifier: Apache-2.0
import * as pulumi from "@pulumi/pulumi";
import type { OperatingSystem } from "../../catalogue";
import type { FrontendOutputs } from "../frontend/outputs";
import { convergeLayer, type ConvergeAnswer, type HostConnection } from "../host";
import { flexibleIpHost } from "../host/flexible-ip";
import type { OpenNebulaRepository } from "../host/opennebula-repository";
import type { HypervisorOutputs } from "./outputs";
import { planHypervisor, type HypervisorPlanArgs } from "./plan";
import { renderHypervisor } from "./render";

export interface HypervisorHost {
  os: OperatingSystem;
  /** Whether the front-end is on the same host; its layer goes first there. @default false */
  sharesFrontend?: boolean;
  connection: HostConnection;
  /** What must be done before anything is installed. */
  ready: pulumi.Resource;
  /** The machine itself: what is installed on it goes with it. */
  server: pulumi.Resource;
}

export interface HypervisorsArgs {
  /** The hosts by name; the name is also that in oned. Plain, because it decides how many there are. */
  hosts: Record<string, HypervisorHost>;
  /** OpenNebula series: `7.0`, `7.2` or `7.4`. */
  version: string;
  /** Where the packages come from. @default the vendor's repository */
  repository?: OpenNebulaRepository;
  /** Where public addresses are taken along with VMs. @default they are not */
  flexibleIps?: HypervisorPlanArgs["flexibleIps"];
  frontend: FrontendOutputs;
}

/** KVM hosts, each prepared over SSH; {@link HostRegistrations} makes them known to oned. */
export class Hypervisors extends pulumi.ComponentResource implements HypervisorOutputs {
  readonly flexibleIpKeys: Record<string, pulumi.Output<string>> = {};
  readonly installed: Record<string, pulumi.Resource> = {};

  constructor(name: string, args: HypervisorsArgs, opts?: pulumi.ComponentResourceOptions) {
    const { frontend, version, repository, flexibleIps } = args;
    super(
      "opennebula-scaleway:index:Hypervisors",
      name,
      { hosts: Object.keys(args.hosts), version: args.version },
      opts,
    );
    const parent = { parent: this };
    for (const [host, spec] of Object.entries(args.hosts)) {
      const { os, sharesFrontend } = spec;
      const plan = planHypervisor({ host, os, version, repository, sharesFrontend, flexibleIps });
      const layer = convergeLayer(
        `${name}-${host}`,
        {
          host,
          layer: "hypervisor",
          connection: spec.connection,
          state: renderHypervisor(plan),
          values: { "oneadmin.publicKey": frontend.oneadminPublicKey },
        },
        { ...parent, dependsOn: [sharesFrontend ? frontend.ready : spec.ready], deletedWith: spec.server },
      );
      this.installed[host] = layer.command;
      if (flexibleIps) {
        this.flexibleIpKeys[host] = layer.answer.apply((answer) => publishedKey(host, answer));
      }
    }
    this.registerOutputs({});
  }
}

/** A preview may still hold the answer of a time when the host had no such key. */
function publishedKey(host: string, { facts }: ConvergeAnswer): string {
  const key = facts[flexibleIpHost.keyFact];
  if (key === undefined && !pulumi.runtime.isDryRun())
    throw new Error(
      `host ${host} has published no key for the flexible-IP broker: run \`drift\` on it, then \`up\` again`,
    );
  return key ?? "";
}
