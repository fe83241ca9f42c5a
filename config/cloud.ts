// SPDX-License-Identifier: Apache-2.0
import {
  HostRole,
  ipv4Number,
  OPERATOR_HOST,
  PrivateNics,
  sameOffset,
  type Ipv4Network,
  type OperatingSystem,
} from "../catalogue";
import { accessProblems, cloudAccess, type CloudAccess } from "./access";
import { cloudMonitoring, type CloudMonitoring } from "./monitoring";
import { namedNetwork, networkProblems, type NamedNetwork } from "./networks";
import { kindOf, problemText, type Problem } from "./problems";
import { checkSchema } from "./schema";
import { cloudSecrets, secretsProblems, type CloudSecrets } from "./secrets";
import { cloudTls, tlsProblems, type CloudTls } from "./tls";
import type {
  BackupsConfig,
  CloudConfig,
  EncryptionConfig,
  FlexibleIpConfig,
  LogsConfig,
  PublicNetworkConfig,
  VxlanConfig,
} from "./stack.gen";

/** A validated cloud with every default filled in: the arguments of `OpenNebulaCloud`, and what only the stack program needs. */
export interface Cloud {
  zone: string;
  region: string;
  projectId: string;
  billing: "hourly" | "monthly";
  protect: boolean;
  domain: string;
  admin: { user: string; networks: string[]; sshKeys: string[] };
  /** By name, in the order of the file; nothing may depend on that order. */
  hosts: Record<string, CloudHost>;
  networks: {
    management: CloudNetwork;
    vms: CloudNetwork;
    privateNics: PrivateNics;
    /** Private networks of VMs by name. */
    vxlan: Record<string, VxlanConfig>;
    /** What VMs with public addresses are told. */
    public?: PublicNetworkConfig;
    /** Public addresses of VMs by name. */
    flexibleIps: Record<string, FlexibleIpConfig>;
    /** Scaleway's API as the hosts reach it; default: its public address. */
    scalewayApi?: string;
    nameservers?: string[];
  };
  opennebula: {
    version: string;
    repository?: { url: string; keyUrl: string; keyFingerprint?: string };
    settings: Record<string, string | number>;
  };
  logs: { enabled: boolean; bufferGib: number; storeGib: number; days: number };
  /** HTTP proxy for apt. */
  packageProxy?: string;
  timeServers?: string[];
  /** Undefined where nothing watches. */
  monitoring?: CloudMonitoring;
  security: {
    firewall: {
      enabled: boolean;
      vpnNetworks: string[];
      sshPerMinute: number;
      egress: { host: string; port: number; protocol?: "tcp" | "udp" }[];
    };
    updates: { enabled: boolean; rebootAt?: string };
  };
  /** What `validate` works with. */
  validation: {
    /** Tools for it on every host. */
    tools: boolean;
    /** What test VMs are made of; one of both. */
    image: { app?: string; url?: string };
  };
  access?: CloudAccess;
  /** HTTPS in front of FireEdge. */
  tls: CloudTls;
  /** Of the hosts' own disks. */
  encryption: { disks: boolean; tpm: boolean };
  /** Where credentials are, beside the stack's state. */
  secrets: CloudSecrets;
  /** Undefined where the stack file switches backups off. */
  backups?: CloudBackups;
}

export interface CloudBackups {
  bucket?: string;
  region?: string;
  endpoint?: string;
  recipients: string[];
  lockDays: number;
  hiddenDays: number;
  retention: { daily: number; weekly: number; monthly: number };
  objectives: { recoveryPointMinutes: number; recoveryTimeMinutes: number };
  /** Undefined where VMs are not backed up by this program. */
  vms?: {
    host: string;
    keepLast: number;
    jobs: Record<string, { vms: string[]; at: string; freeze: "none" | "agent" | "suspend" }>;
  };
}

export interface CloudHost {
  roles: HostRole[];
  offer: string;
  os: OperatingSystem;
  managementAddress: string;
  vmAddress: string;
  partitioning?: Record<string, unknown>;
}

export interface CloudNetwork {
  cidr: string;
  prefixLength: number;
  mtu: number;
}

/** A configuration that cannot be used; the message lists every mistake. */
export class ConfigProblems extends Error {
  constructor(readonly problems: Problem[]) {
    super(
      `the configuration has ${problems.length} mistake${problems.length === 1 ? "" : "s"}:\n${problems.map((p) => `  - ${problemText(p)}`).join("\n")}`,
    );
    this.name = "ConfigProblems";
  }
}

/**
 * Turns the value of `opennebula-scaleway:cloud` into a {@link Cloud}.
 *
 * @param value - as read from the stack file.
 * @param projectId - the Scaleway project where the value names none.
 * @throws {@link ConfigProblems} with all mistakes at once.
 */
export function parseCloud(value: unknown, projectId?: string): Cloud {
  const checked = checkSchema(value);
  if ("problems" in checked) throw new ConfigProblems(checked.problems);
  const config = checked.config;
  const problems: Problem[] = [];
  const project = config.projectId ?? projectId;
  if (project === undefined) {
    problems.push({
      path: "projectId",
      found: "nothing",
      rule: "is required",
      cure: "Set it here, or set SCW_DEFAULT_PROJECT_ID.",
    });
  }
  const management = namedNetwork("networks.management.cidr", config.networks.management.cidr);
  const vms = namedNetwork("networks.vms.cidr", config.networks.vms.cidr);
  const hosts = cloudHosts(config, management.network, vms.network, problems);
  problems.push(
    ...networkProblems(config),
    ...accessProblems(config),
    ...tlsProblems(config),
    ...backupProblems(config),
    ...secretsProblems(config),
  );
  if (problems.length > 0) throw new ConfigProblems(problems);
  const { networks } = config;
  const { firewall: firewallConfig, updates } = config.security!;
  const firewall = firewallConfig!;
  return {
    zone: config.zone,
    region: config.zone.replace(/-\d+$/, ""),
    projectId: project!,
    billing: config.billing!,
    protect: config.protect!,
    domain: config.domain!,
    admin: { user: config.admin.user!, networks: config.admin.networks, sshKeys: config.admin.sshKeys ?? [] },
    hosts,
    networks: {
      management: cloudNetwork(networks.management, management),
      vms: cloudNetwork(networks.vms, vms),
      privateNics: networks.privateNics === "dedicated" ? PrivateNics.Dedicated : PrivateNics.Vlan,
      vxlan: networks.vxlan!,
      public: networks.public,
      flexibleIps: networks.flexibleIps!,
      scalewayApi: networks.scalewayApi,
      nameservers: networks.nameservers,
    },
    opennebula: {
      version: config.opennebula!.version!,
      repository: config.opennebula!.repository,
      settings: config.opennebula!.settings ?? {},
    },
    logs: config.logs as Required<LogsConfig>,
    packageProxy: config.packages!.proxy,
    timeServers: config.timeServers,
    monitoring: cloudMonitoring(config.monitoring!),
    backups: cloudBackups(config.backups!),
    security: {
      firewall: {
        enabled: firewall.enabled!,
        vpnNetworks: firewall.vpnNetworks!,
        sshPerMinute: firewall.sshPerMinute!,
        egress: firewall.egress!,
      },
      updates: { enabled: updates!.enabled!, rebootAt: updates!.rebootAt },
    },
    validation: { tools: config.validation!.tools!, image: config.validation!.image! },
    access: cloudAccess(config),
    tls: cloudTls(config),
    encryption: config.encryption as Required<EncryptionConfig>,
    secrets: cloudSecrets(config.secrets!),
  };
}

/** The host of VM backups must be one of the cloud. */
function backupProblems({ backups, hosts }: CloudConfig): Problem[] {
  const { enabled, vms } = backups!;
  if (!enabled || vms === undefined || vms.host in hosts) return [];
  const rule = "must be the name of a host in `hosts`";
  return [{ path: "backups.vms.host", found: kindOf(vms.host), rule, cure: "Name the host that keeps them." }];
}

function cloudBackups({ enabled, retention, objectives, vms, ...rest }: BackupsConfig): CloudBackups | undefined {
  if (!enabled) return undefined;
  const jobs = Object.entries(vms?.jobs ?? {}).map(([name, job]) => [
    name,
    { vms: job.vms, at: job.at!, freeze: job.freeze! },
  ]);
  return {
    ...rest,
    // On the host as many as days are kept in the bucket: what is dropped there would only be copied again.
    ...(vms && {
      vms: {
        host: vms.host,
        keepLast: retention!.daily!,
        jobs: Object.fromEntries(jobs) as NonNullable<CloudBackups["vms"]>["jobs"],
      },
    }),
    recipients: rest.recipients!,
    lockDays: rest.lockDays!,
    hiddenDays: rest.hiddenDays!,
    retention: { daily: retention!.daily!, weekly: retention!.weekly!, monthly: retention!.monthly! },
    objectives: {
      recoveryPointMinutes: objectives!.recoveryPointMinutes!,
      recoveryTimeMinutes: objectives!.recoveryTimeMinutes!,
    },
  };
}

function cloudNetwork(config: { cidr: string; mtu?: number }, { network }: NamedNetwork): CloudNetwork {
  return { cidr: config.cidr, prefixLength: network.prefixLength, mtu: config.mtu! };
}

function cloudHosts(
  config: CloudConfig,
  management: Ipv4Network,
  vms: Ipv4Network,
  problems: Problem[],
): Record<string, CloudHost> {
  const hosts: Record<string, CloudHost> = {};
  const taken = new Map<string, string>();
  const claim = (path: string, address: string, inside: Ipv4Network, name: string): void => {
    const value = ipv4Number(address)!;
    const found = kindOf(address);
    if (value <= inside.first || value >= inside.last) {
      problems.push({
        path,
        found,
        rule: `must be a host address in ${name}`,
        cure: "Choose an address inside, neither the first nor the last.",
      });
    }
    const owner = taken.get(address);
    if (owner !== undefined)
      problems.push({ path, found, rule: `must differ from ${owner}`, cure: "Choose another address." });
    else taken.set(address, path);
  };
  for (const [name, host] of Object.entries(config.hosts)) {
    if (name === OPERATOR_HOST) {
      problems.push({
        path: `hosts.${name}`,
        found: kindOf(name),
        rule: "must not be the name that the operator's own backups carry",
        cure: "Choose another name.",
      });
    }
    const vmAddress =
      host.vmAddress ?? sameOffset(host.managementAddress, config.networks.management.cidr, config.networks.vms.cidr);
    claim(`hosts.${name}.managementAddress`, host.managementAddress, management, "networks.management");
    const path =
      host.vmAddress === undefined
        ? `hosts.${name}.managementAddress (as offset in networks.vms)`
        : `hosts.${name}.vmAddress`;
    claim(path, vmAddress, vms, "networks.vms");
    hosts[name] = {
      roles: host.roles.map((role) => (role === "frontend" ? HostRole.Frontend : HostRole.Hypervisor)),
      offer: host.offer ?? config.offer!,
      os: host.os ?? config.os!,
      managementAddress: host.managementAddress,
      vmAddress,
      partitioning: host.partitioning,
    };
  }
  const frontends = Object.values(hosts).filter((host) => host.roles.includes(HostRole.Frontend));
  if (frontends.length !== 1) {
    problems.push({
      path: "hosts",
      found: `${frontends.length} hosts with the role frontend`,
      rule: "exactly one host has the role frontend",
      cure: "Give it to one host.",
    });
  }
  if (!Object.values(hosts).some((host) => host.roles.includes(HostRole.Hypervisor))) {
    problems.push({
      path: "hosts",
      found: "no host with the role hypervisor",
      rule: "at least one host has the role hypervisor",
      cure: "Give it to a host.",
    });
  }
  return hosts;
}
