// SPDX-License-Identifier: Apache-2.0
import * as pulumi from "@pulumi/pulumi";
import { operatingSystems } from "../catalogue";
import { BareMetal, PrivateNics, type HostOutputs } from "./baremetal";
import { Provider } from "./cloud";
import { Frontend } from "./frontend";
import type { OpenNebulaRepository } from "./host";
import { Hypervisors } from "./hypervisor";
import { Network } from "./network";

/** What a host does. */
export enum HostRole {
  Frontend = "frontend",
  Hypervisor = "hypervisor",
}

export interface CloudHostArgs {
  roles: HostRole[];
  /** Offer name as the API spells it. */
  offer: string;
  os: keyof typeof operatingSystems;
  /** Address in the management network. */
  managementAddress: string;
  /** Address in the VM-to-VM network. */
  vmAddress: string;
  /** Partitioning schema as Scaleway's API takes it. @default the offer's own */
  partitioning?: Record<string, unknown>;
}

export interface PrivateNetworkArgs {
  cidr: string;
  /** Length of the prefix in `cidr`. */
  prefixLength: number;
  mtu: number;
}

export interface OpenNebulaCloudArgs {
  /** Scaleway zone that has Elastic Metal. */
  zone: string;
  region: string;
  projectId: string;
  /** @default "hourly" */
  billing?: "hourly" | "monthly";
  /** Refuse deletion at Scaleway. @default false */
  protect?: boolean;
  /** Private DNS domain of the hosts. */
  domain: string;
  admin: { user: string; sshKeys: string[] };
  /** By name; exactly one has the role frontend. Plain, because it decides how many resources there are. */
  hosts: Record<string, CloudHostArgs>;
  networks: {
    management: PrivateNetworkArgs;
    vms: PrivateNetworkArgs;
    /** @default PrivateNics.Vlan */
    privateNics?: PrivateNics;
    /** Names of the public addresses reserved for VMs. @default none */
    flexibleIps?: string[];
    /** Resolvers of the hosts. @default those that the installed system uses */
    nameservers?: string[];
  };
  opennebula: {
    /** Series: `7.0`, `7.2` or `7.4`. */
    version: string;
    /** @default the vendor's */
    repository?: OpenNebulaRepository;
    /** Further top-level settings of oned.conf. @default none */
    settings?: Record<string, string | number>;
  };
  /** HTTP proxy for apt. @default none */
  packageProxy?: string;
  /** NTP servers. @default the distribution's pool */
  timeServers?: string[];
}

/** A whole OpenNebula cloud on Scaleway Elastic Metal: network, servers, front-end, hypervisors. */
export class OpenNebulaCloud extends pulumi.ComponentResource {
  /** By host name. */
  readonly hosts: Record<string, HostOutputs>;
  readonly frontend: Frontend;
  /** Private key that logs in to every host as `admin.user`. */
  readonly deployKey: pulumi.Output<string>;
  /** The `@cert-authority` line that recognises every host. */
  readonly knownHosts: pulumi.Output<string>;
  /** Public addresses reserved for VMs, by name. */
  readonly flexibleIps: Record<string, pulumi.Output<string>>;
  /** Ids in oned by host name. */
  readonly hostIds: Record<string, pulumi.Output<number>>;

  constructor(name: string, args: OpenNebulaCloudArgs, opts?: pulumi.ComponentResourceOptions) {
    super(
      "opennebula-scaleway:index:OpenNebulaCloud",
      name,
      { zone: args.zone, hosts: Object.keys(args.hosts), version: args.opennebula.version },
      opts,
    );
    const parent = { parent: this };
    const { zone, region, projectId, domain, networks, opennebula } = args;
    const withRole = (role: HostRole): [string, CloudHostArgs][] =>
      Object.entries(args.hosts).filter(([, host]) => host.roles.includes(role));
    const frontends = withRole(HostRole.Frontend);
    const [frontend] = frontends;
    if (!frontend || frontends.length > 1) {
      throw new pulumi.ResourceError(
        `hosts: ${frontends.length} hosts have the role frontend; exactly one must have it`,
        this,
      );
    }
    const [frontendName, frontendHost] = frontend;

    const network = new Network(
      `${name}-network`,
      {
        region,
        zone,
        projectId,
        managementCidr: networks.management.cidr,
        vmsCidr: networks.vms.cidr,
        hosts: args.hosts,
        flexibleIps: networks.flexibleIps ?? [],
      },
      parent,
    );
    const baremetal = new BareMetal(
      `${name}-host`,
      {
        zone,
        projectId,
        domain,
        hosts: args.hosts,
        billing: args.billing,
        protected: args.protect,
        adminUser: args.admin.user,
        adminKeys: args.admin.sshKeys,
        network,
        privateNics: networks.privateNics ?? PrivateNics.Vlan,
        management: networks.management,
        vms: networks.vms,
        nameservers: networks.nameservers,
        timeServers: args.timeServers,
        packageProxy: args.packageProxy,
        nameserverOfDomain: frontendHost.managementAddress,
      },
      parent,
    );
    const frontendLayer = new Frontend(
      `${name}-frontend`,
      {
        host: { ...baremetal.hosts[frontendName]!, name: frontendName, os: frontendHost.os },
        version: opennebula.version,
        repository: opennebula.repository,
        domain,
        hosts: Object.fromEntries(Object.entries(args.hosts).map(([host, spec]) => [host, spec.managementAddress])),
        onedSettings: opennebula.settings,
      },
      parent,
    );
    const oned = new Provider(
      `${name}-oned`,
      {
        endpoint: frontendLayer.endpoint,
        username: frontendLayer.username,
        password: frontendLayer.password,
        ssh: frontendLayer.connection,
      },
      parent,
    );
    const hypervisors = new Hypervisors(
      `${name}-hypervisor`,
      {
        hosts: Object.fromEntries(
          withRole(HostRole.Hypervisor).map(([host, spec]) => [host, { ...baremetal.hosts[host]!, os: spec.os }]),
        ),
        version: opennebula.version,
        repository: opennebula.repository,
        frontend: frontendLayer,
      },
      { ...parent, providers: { opennebula: oned } },
    );
    this.hosts = baremetal.hosts;
    this.frontend = frontendLayer;
    this.deployKey = baremetal.deployKey;
    this.knownHosts = baremetal.knownHosts;
    this.flexibleIps = network.flexibleIps;
    this.hostIds = hypervisors.hostIds;
    this.registerOutputs({ flexibleIps: this.flexibleIps, hostIds: this.hostIds });
  }
}
