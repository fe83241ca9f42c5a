// SPDX-License-Identifier: Apache-2.0
import { HostRole, PrivateNics } from "../catalogue";
import { planServer, type BareMetalHost, type HostPlanArgs } from "./baremetal/plan";
import { renderBareMetal } from "./baremetal/render";
import { planFrontend, type FrontendPlanArgs } from "./frontend/plan";
import { renderFrontend } from "./frontend/render";
import type { HostState } from "./host/state";
import { planHypervisor, type HypervisorPlanArgs } from "./hypervisor/plan";
import { renderHypervisor } from "./hypervisor/render";
import type { OpenNebulaCloudArgs } from "./opennebula-cloud-args";

/** What each layer is made from, before anything exists. */
export interface CloudPlan {
  servers: HostPlanArgs;
  hosts: Record<string, BareMetalHost>;
  frontend: FrontendPlanArgs;
  /** By host name. */
  hypervisors: Record<string, HypervisorPlanArgs>;
}

/** One layer of one host and what it wants there. */
export interface PlannedLayer {
  host: string;
  layer: "baremetal" | "frontend" | "hypervisor";
  state: HostState;
}

/**
 * Splits the cloud's arguments among the layers.
 *
 * @throws Error when not exactly one host has the role frontend.
 */
export function planCloud(args: OpenNebulaCloudArgs): CloudPlan {
  const { networks, opennebula, domain } = args;
  const withRole = (role: HostRole): string[] =>
    Object.keys(args.hosts).filter((host) => args.hosts[host]!.roles.includes(role));
  const [frontend, ...others] = withRole(HostRole.Frontend);
  if (frontend === undefined || others.length > 0) {
    throw new Error(
      `hosts: ${withRole(HostRole.Frontend).length} hosts have the role frontend; exactly one must have it`,
    );
  }
  const { os, managementAddress } = args.hosts[frontend]!;
  const { version, repository } = opennebula;
  return {
    servers: {
      zone: args.zone,
      domain,
      privateNics: networks.privateNics ?? PrivateNics.Vlan,
      management: networks.management,
      vms: networks.vms,
      nameservers: networks.nameservers,
      timeServers: args.timeServers,
      packageProxy: args.packageProxy,
      nameserverOfDomain: managementAddress,
    },
    hosts: args.hosts,
    frontend: {
      host: frontend,
      os,
      managementAddress,
      version,
      repository,
      domain,
      hosts: Object.fromEntries(Object.entries(args.hosts).map(([host, spec]) => [host, spec.managementAddress])),
      onedSettings: opennebula.settings ?? {},
    },
    hypervisors: Object.fromEntries(
      withRole(HostRole.Hypervisor).map((host) => [host, { host, os: args.hosts[host]!.os, version, repository }]),
    ),
  };
}

/** Every layer of every host, in the order in which they are applied: what a preview shows without any host. */
export function plannedLayers(plan: CloudPlan): PlannedLayer[] {
  return Object.entries(plan.hosts).flatMap(([host, spec]) => {
    const layers: PlannedLayer[] = [
      { host, layer: "baremetal", state: renderBareMetal(planServer(host, spec, plan.servers)) },
    ];
    if (plan.frontend.host === host)
      layers.push({ host, layer: "frontend", state: renderFrontend(planFrontend(plan.frontend)) });
    const hypervisor = plan.hypervisors[host];
    if (hypervisor) layers.push({ host, layer: "hypervisor", state: renderHypervisor(planHypervisor(hypervisor)) });
    return layers;
  });
}
