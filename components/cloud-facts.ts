// SPDX-License-Identifier: Apache-2.0
import type * as pulumi from "@pulumi/pulumi";
import { cloudDefaults, services, type Service } from "../catalogue";
import { plannedLayers, type CloudPlan } from "./cloud-plan";
import type { OpenNebulaCloudArgs } from "./opennebula-cloud-args";

/** What policies and readers of the state may know of a whole cloud: plain, known in every preview, and no secret. */
export function cloudFacts(args: OpenNebulaCloudArgs, plan: CloudPlan): pulumi.Inputs {
  const { host } = plan.frontend;
  const all: [string, Service][] = Object.entries(services);
  return {
    zone: args.zone,
    hosts: Object.keys(args.hosts),
    version: args.opennebula?.version ?? cloudDefaults.openNebulaVersion,
    offers: Object.fromEntries(Object.entries(plan.hosts).map(([name, { offer }]) => [name, offer])),
    adminNetworks: args.admin.networks,
    // What is on at all is on the front-end's host; the TLS proxy goes along with the front-end.
    layers: [
      ...plannedLayers({ ...plan, hosts: { [host]: plan.hosts[host]! } }).map(({ layer }) => layer),
      ...(plan.tls ? ["tls"] : []),
    ],
    encryptedDisks: plan.servers.encryption !== undefined,
    firewall: plan.security[host]?.firewall !== undefined,
    repository: args.opennebula?.repository && { ...args.opennebula.repository },
    services: Object.fromEntries(all.map(([name, { port, bind, from }]) => [name, { port, bind, from: [...from] }])),
  };
}
