// SPDX-License-Identifier: Apache-2.0
import * as pulumi from "@pulumi/pulumi";
import { HostRole, OpenNebulaCloud, PrivateNics } from "./components";
import { load } from "./config";

const config = load();
const name = pulumi.getStack();

const cloud = new OpenNebulaCloud(
  name,
  {
    zone: config.zone,
    region: config.region,
    projectId: config.projectId,
    billing: config.billing,
    protect: config.protect,
    domain: config.domain,
    admin: config.admin,
    hosts: Object.fromEntries(
      Object.entries(config.hosts).map(([host, spec]) => [
        host,
        { ...spec, roles: spec.roles.map((role) => (role === "frontend" ? HostRole.Frontend : HostRole.Hypervisor)) },
      ]),
    ),
    networks: {
      management: config.networks.management,
      vms: config.networks.vms,
      privateNics: config.networks.privateNics === "dedicated" ? PrivateNics.Dedicated : PrivateNics.Vlan,
      flexibleIps: config.networks.flexibleIps,
      nameservers: config.networks.nameservers,
    },
    opennebula: config.opennebula,
    packageProxy: config.packages.proxy,
    timeServers: config.timeServers,
  },
  { protect: config.protect },
);

/** The hosts: where they are and what they are for. */
export const hosts = Object.fromEntries(
  Object.entries(cloud.hosts).map(([host, outputs]) => [
    host,
    {
      roles: config.hosts[host]!.roles,
      publicAddress: outputs.publicAddress,
      managementAddress: outputs.managementAddress,
      managementDevice: outputs.managementDevice,
      vmsDevice: outputs.vmsDevice,
      hostKey: outputs.connection.hostKey,
      onedId: cloud.hostIds[host],
    },
  ]),
);

/** Where the services answer, as seen from the front-end. */
export const endpoints = { oned: cloud.frontend.endpoint };

/** How to log in: to hosts by SSH, to OpenNebula by name and password. */
export const login = {
  ssh: { user: config.admin.user, privateKey: cloud.deployKey, knownHosts: cloud.knownHosts },
  oned: { username: cloud.frontend.username, password: cloud.frontend.password },
};

/** Public addresses reserved for VMs. */
export const flexibleIps = cloud.flexibleIps;
