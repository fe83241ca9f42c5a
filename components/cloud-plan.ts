// SPDX-License-Identifier: Apache-2.0
import { cloudDefaults, hostDevices, HostRole, ipv4Network, sameOffset, SecretStoreKind } from "../catalogue";
import { planAccess, type AccessPlan } from "./access/plan";
import { planVmNetworks, type VmNetworksPlan } from "./cloud/networks/plan";
import { planServer, type BareMetalHost, type HostPlanArgs, type NetworkPlan } from "./baremetal/plan";
import { renderBareMetal } from "./baremetal/render";
import { planBackup, type BackupsPlanArgs } from "./backup/plan";
import { renderBackup } from "./backup/render";
import { planFlexibleIp, type FlexibleIpPlanArgs } from "./flexible-ip/plan";
import { renderFlexibleIp } from "./flexible-ip/render";
import { planFrontend, type FrontendPlanArgs } from "./frontend/plan";
import { renderFrontend } from "./frontend/render";
import { mergeStates } from "./host/merge";
import type { HostState } from "./host/state";
import { renderHostNames, type HostNamesArgs } from "./host-list/names";
import { planLogs, type LogsPlanArgs } from "./logs/plan";
import { renderLogs } from "./logs/render";
import { planHypervisor, type HypervisorPlanArgs } from "./hypervisor/plan";
import { renderHypervisor } from "./hypervisor/render";
import { planGrafana, type GrafanaPlanArgs } from "./monitoring/grafana/plan";
import { dashboardTexts } from "./monitoring/grafana/program";
import { renderGrafana } from "./monitoring/grafana/render";
import { planMonitoring, type MonitoringArgs, type MonitoringPlanArgs } from "./monitoring/plan";
import { renderMonitoring } from "./monitoring/render";
import { renderTargets } from "./monitoring/targets";
import { configuredDestinations } from "./egress";
import { openVpcAcl, vpcAcl, type FlexibleIpArgs, type VpcAclPlan } from "./network";
import { rebootTime } from "./security/hardening";
import { planSecurity, type SecurityPlanArgs } from "./security/plan";
import { renderSecurity } from "./security/render";
import { planTls, type TlsPlanArgs } from "./tls/plan";
import { renderTls } from "./tls/render";
import type { OpenNebulaCloudArgs, PrivateNetworkArgs } from "./opennebula-cloud-args";

/** What each layer is made from, with every default filled in, before anything exists. */
export interface CloudPlan {
  network: {
    region: string;
    zone: string;
    projectId: string;
    managementCidr: string;
    vmsCidr: string;
    flexibleIps: Record<string, FlexibleIpArgs>;
    acl: VpcAclPlan;
  };
  servers: HostPlanArgs;
  hosts: Record<string, BareMetalHost>;
  admin: { user: string; keys: string[] };
  frontend: FrontendPlanArgs;
  hostNames: HostNamesArgs;
  /** By host name. */
  hypervisors: Record<string, HypervisorPlanArgs>;
  /** Undefined where no public addresses are reserved for VMs. */
  flexibleIps?: FlexibleIpPlanArgs;
  vmNetworks: VmNetworksPlan;
  /** Undefined where nothing watches. */
  monitoring?: MonitoringPlanArgs;
  /** By host name. */
  security: Record<string, SecurityPlanArgs>;
  /** Undefined where nothing watches. */
  grafana?: GrafanaPlanArgs;
  /** Undefined where FireEdge is left without HTTPS. */
  tls?: TlsPlanArgs;
  /** Undefined where logs stay on their hosts. */
  logs?: LogsPlanArgs;
  /** Undefined where there are none. */
  backups?: BackupsPlanArgs;
  /** Undefined where credentials are in the stack's state alone, or come to their store by day-two commands. */
  secretManager?: { projectId: string; region: string; path: string; protected: boolean };
  /** Undefined where the arguments say nothing of people. */
  access?: AccessPlan;
}

/** One layer of one host and what it wants there. */
export interface PlannedLayer {
  host: string;
  layer:
    "baremetal" | "frontend" | "hypervisor" | "host-list" | "monitoring" | "logs" | "backup" | "security" | "grafana";
  state: HostState;
}

/**
 * Splits the cloud's arguments among the layers.
 *
 * @throws Error when not exactly one host has the role frontend, or a network is none.
 */
export function planCloud(args: OpenNebulaCloudArgs): CloudPlan {
  const { zone, projectId, networks = {}, opennebula = {}, domain = cloudDefaults.domain } = args;
  const managementCidr = networks.management?.cidr ?? cloudDefaults.managementCidr;
  const vmsCidr = networks.vms?.cidr ?? cloudDefaults.vmsCidr;
  const hosts = Object.fromEntries(
    Object.entries(args.hosts).map(([host, spec]): [string, BareMetalHost] => [
      host,
      {
        offer: spec.offer ?? cloudDefaults.offer,
        os: spec.os ?? cloudDefaults.os,
        managementAddress: spec.managementAddress,
        vmAddress: spec.vmAddress ?? sameOffset(spec.managementAddress, managementCidr, vmsCidr),
        partitioning: spec.partitioning,
      },
    ]),
  );
  const withRole = (role: HostRole): string[] =>
    Object.keys(args.hosts).filter((host) => args.hosts[host]!.roles.includes(role));
  const [frontend, ...others] = withRole(HostRole.Frontend);
  if (frontend === undefined || others.length > 0) {
    throw new Error(
      `hosts: ${withRole(HostRole.Frontend).length} hosts have the role frontend; exactly one must have it`,
    );
  }
  const { os, managementAddress } = hosts[frontend]!;
  const { version = cloudDefaults.openNebulaVersion, repository, settings = {} } = opennebula;
  const flexibleIps = networks.flexibleIps ?? {};
  const ipNames = Object.keys(flexibleIps);
  const driver = ipNames.length > 0 ? { broker: managementAddress, bridge: hostDevices.publicBridge } : undefined;
  const hypervisors = withRole(HostRole.Hypervisor);
  const region = zone.replace(/-\d+$/, "");
  const addresses = Object.fromEntries(Object.entries(hosts).map(([host, spec]) => [host, spec.managementAddress]));
  const pages = (args.tls?.enabled ?? true) ? { networks: args.admin.networks, name: args.tls?.names?.[0] } : undefined;
  const vmNetworks = planVmNetworks({
    vxlan: networks.vxlan ?? {},
    carrierMtu: networks.vms?.mtu ?? cloudDefaults.mtu,
    public: networks.public,
    flexibleIps,
  });
  return {
    network: {
      region,
      zone,
      projectId,
      managementCidr,
      vmsCidr,
      flexibleIps,
      acl: aclOf(args, managementCidr),
    },
    servers: {
      zone,
      domain,
      privateNics: networks.privateNics ?? cloudDefaults.privateNics,
      management: networkPlan("networks.management.cidr", managementCidr, networks.management),
      vms: networkPlan("networks.vms.cidr", vmsCidr, networks.vms),
      nameservers: networks.nameservers,
      timeServers: args.timeServers,
      packageProxy: args.packageProxy,
      validationTools: args.validation?.tools ?? true,
      nameserverOfDomain: managementAddress,
      encryption: args.encryption?.disks ? { tpm: args.encryption.tpm ?? false } : undefined,
    },
    hosts,
    admin: { user: args.admin.user ?? cloudDefaults.adminUser, keys: args.admin.sshKeys ?? [] },
    frontend: {
      host: frontend,
      os,
      managementAddress,
      version,
      repository,
      domain,
      binaryLog: args.backups !== undefined,
      onedSettings: settings,
    },
    hostNames: { host: frontend, domain, hosts: addresses },
    hypervisors: Object.fromEntries(
      hypervisors.map((host) => [
        host,
        { host, os: hosts[host]!.os, version, repository, sharesFrontend: host === frontend, flexibleIps: driver },
      ]),
    ),
    monitoring: args.monitoring && {
      ...withoutSecrets(args.monitoring),
      flexibleIps: ipNames.length > 0,
      frontend,
      pages,
      hosts: Object.fromEntries(
        Object.entries(addresses).map(([host, address]) => [
          host,
          { managementAddress: address, hypervisor: hypervisors.includes(host) },
        ]),
      ),
    },
    flexibleIps: driver && {
      zone,
      projectId,
      apiUrl: networks.scalewayApi ?? cloudDefaults.scalewayApi,
      flexibleIps: ipNames,
      hosts: Object.fromEntries(hypervisors.map((host) => [host, hosts[host]!.managementAddress])),
    },
    backups: args.backups && {
      ...args.backups,
      defaultProjectId: projectId,
      defaultRegion: region,
      frontend,
      hosts: Object.keys(hosts),
      protected: args.protect ?? false,
    },
    vmNetworks,
    grafana: args.monitoring && {
      mode: args.monitoring.grafana,
      repository: args.monitoring.grafanaRepository,
      pages,
    },
    security: planSecurityArgs(args, managementCidr, vmsCidr),
    tls:
      (args.tls?.enabled ?? true)
        ? {
            host: frontend,
            domain,
            managementAddress,
            mode: args.tls?.mode,
            names: args.tls?.names,
            acme: args.tls?.acme,
            projectId,
            scalewayApi: networks.scalewayApi,
          }
        : undefined,
    access:
      args.access &&
      planAccess(args.access, { private: Object.keys(networks.vxlan ?? {}), all: Object.keys(vmNetworks) }),
    secretManager:
      args.secrets?.store === SecretStoreKind.ScalewaySecretManager
        ? {
            projectId,
            region,
            path: args.secrets.path ?? cloudDefaults.secretsPath,
            protected: args.protect ?? false,
          }
        : undefined,
    logs: logsArgs(args, { domain, frontend, hosts: addresses }),
  };
}

function withoutSecrets({ secrets: _, ...plain }: NonNullable<OpenNebulaCloudArgs["monitoring"]>): MonitoringArgs {
  return plain;
}

function planSecurityArgs(
  args: OpenNebulaCloudArgs,
  managementCidr: string,
  vmsCidr: string,
): Record<string, SecurityPlanArgs> {
  const { enabled = true, ...firewall } = args.security?.firewall ?? {};
  const { enabled: updated = true, rebootAt } = args.security?.updates ?? {};
  const destinations = configuredDestinations(args);
  return Object.fromEntries(
    Object.entries(args.hosts).map(([host, { roles }], index) => [
      host,
      {
        host,
        roles,
        managementCidr,
        vmsCidr,
        firewall: enabled ? { ...firewall, adminNetworks: args.admin.networks } : undefined,
        updates: updated ? { rebootAt: rebootAt && rebootTime(rebootAt, index) } : undefined,
        destinations,
      },
    ]),
  );
}

function logsArgs(
  { logs = {} }: OpenNebulaCloudArgs,
  cloud: Pick<LogsPlanArgs, "domain" | "frontend" | "hosts">,
): LogsPlanArgs | undefined {
  return (logs.enabled ?? true) ? { ...cloud, ...logs } : undefined;
}

function networkPlan(field: string, cidr: string, args: PrivateNetworkArgs | undefined): NetworkPlan {
  const network = ipv4Network(cidr);
  if (!network) throw new Error(`${field}: must be an IPv4 network in CIDR notation without host bits`);
  return { prefixLength: network.prefixLength, mtu: args?.mtu ?? cloudDefaults.mtu };
}

/** Every layer of every host, in the order in which they are applied: what a preview shows without any host. */
export function plannedLayers(plan: CloudPlan): PlannedLayer[] {
  return Object.entries(plan.hosts).flatMap(([host, spec]) => {
    const layers: PlannedLayer[] = [
      { host, layer: "baremetal", state: renderBareMetal(planServer(host, spec, plan.servers)) },
    ];
    if (plan.frontend.host === host) {
      const proxy = plan.tls ? [renderTls(planTls(plan.tls))] : [];
      const state = mergeStates([renderFrontend(planFrontend(plan.frontend)), ...proxy]);
      layers.push({ host, layer: "frontend", state });
    }
    const hypervisor = plan.hypervisors[host];
    if (hypervisor) layers.push({ host, layer: "hypervisor", state: renderHypervisor(planHypervisor(hypervisor)) });
    if (plan.frontend.host === host) {
      const driver = plan.flexibleIps ? [renderFlexibleIp(planFlexibleIp(plan.flexibleIps))] : [];
      const targets = plan.monitoring ? [renderTargets(plan.monitoring)] : [];
      layers.push({
        host,
        layer: "host-list",
        state: mergeStates([renderHostNames(plan.hostNames), ...targets, ...driver]),
      });
    }
    if (plan.monitoring)
      layers.push({ host, layer: "monitoring", state: renderMonitoring(planMonitoring(plan.monitoring), host) });
    const logs = plan.logs && planLogs(plan.logs).find((one) => one.host === host);
    if (logs) layers.push({ host, layer: "logs", state: renderLogs(logs) });
    if (plan.backups) layers.push({ host, layer: "backup", state: renderBackup(planBackup(host, plan.backups)) });
    const security = plan.security[host];
    if (security) layers.push({ host, layer: "security", state: renderSecurity(planSecurity(security)) });
    const grafana = plan.grafana && plan.frontend.host === host ? planGrafana(plan.grafana) : undefined;
    if (grafana) layers.push({ host, layer: "grafana", state: renderGrafana(grafana, dashboardTexts()) });
    return layers;
  });
}

/** The VPC's list goes with the hosts' firewall. */
function aclOf({ security }: OpenNebulaCloudArgs, managementCidr: string): VpcAclPlan {
  const { enabled = true, vpnNetworks } = security?.firewall ?? {};
  return enabled ? vpcAcl({ managementCidr, vpnNetworks }) : openVpcAcl;
}
