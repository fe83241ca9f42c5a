// SPDX-License-Identifier: Apache-2.0
import * as pulumi from "@pulumi/pulumi";
import { OpenNebulaCloud } from "./components";
import { load } from "./config";

const config = load();
const cloud = new OpenNebulaCloud(pulumi.getStack(), config, { protect: config.protect });

/** The hosts: where they are and what they are for. */
export const hosts = Object.fromEntries(
  Object.entries(cloud.hosts).map(([host, outputs]) => [
    host,
    {
      roles: config.hosts[host]!.roles,
      publicAddress: outputs.publicAddress,
      managementAddress: outputs.managementAddress,
      hostKey: outputs.connection.hostKey,
      onedId: cloud.hostIds[host],
    },
  ]),
);

/** Where the services answer: `oned` as seen from the front-end itself, `onedTls` in the management network. */
export const endpoints = {
  oned: cloud.frontend.endpoint,
  onedTls: cloud.tls?.oned,
  fireedge: cloud.tls?.fireedge,
};

/** Certificate of the stack's own authority, for browsers and programs; undefined where the certificate comes from elsewhere. */
export const certificateAuthority = cloud.tls?.authority;

/** How to log in: to hosts by SSH, to OpenNebula by name and password. */
export const login = {
  ssh: { user: config.admin.user, privateKey: cloud.deployKey, knownHosts: cloud.knownHosts },
  /** What the provider `opennebula` of another program takes. */
  oned: {
    endpoint: cloud.frontend.endpoint,
    username: cloud.frontend.username,
    password: cloud.frontend.password,
    ssh: cloud.frontend.connection,
  },
  /** First passwords of the people in the stack file, by login name. */
  users: cloud.userPasswords,
};

/** Pages of Prometheus and Alertmanager with their login, for those in the administrators' networks; undefined without a proxy. */
export const monitoring = cloud.monitoringPages;

/** Dashboards, or why they are not there; undefined where nobody wants them. */
export const grafana = cloud.grafana;

/** What opens the backups when nothing else of the cloud is left: belongs in a safe, see docs/operations/backups.md. */
export const backups = cloud.backups?.access;

/** OpenNebula's networks for VMs: numbers in oned by name. */
export const networks = cloud.networkIds;

/** Public addresses reserved for VMs. */
export const flexibleIps = cloud.flexibleIps;
