// SPDX-License-Identifier: Apache-2.0
import type * as pulumi from "@pulumi/pulumi";
import type { CertificateSource, HostRole, OperatingSystem, PrivateNics, SecretStoreKind } from "../catalogue";
import type { AccessPlanArgs } from "./access/plan";
import type { BackupArgs } from "./backup/plan";
import type { PublicNetworkArgs, VxlanNetworkArgs } from "./cloud/networks/plan";
import type { OpenNebulaRepository } from "./host/opennebula-repository";
import type { MonitoringArgs, MonitoringSecrets } from "./monitoring";
import type { FlexibleIpArgs } from "./network";
import type { FirewallArgs } from "./security";
import type { AcmeArgs } from "./tls";

export interface CloudHostArgs {
  roles: HostRole[];
  /** Address in the management network. */
  managementAddress: string;
  /** Address in the VM-to-VM network. @default the same offset as `managementAddress` has in its network */
  vmAddress?: string;
  /** Offer name as the API spells it. @default "EM-A610R-NVME" */
  offer?: string;
  /** @default "debian-12" */
  os?: OperatingSystem;
  /** Partitioning schema as Scaleway's API takes it. @default the offer's own */
  partitioning?: Record<string, unknown>;
}

export interface PrivateNetworkArgs {
  /** IPv4 network in CIDR notation. */
  cidr: string;
  /** Bytes. @default 1500 */
  mtu?: number;
}

export interface OpenNebulaCloudArgs {
  /** Scaleway zone that has Elastic Metal, e.g. `fr-par-2`. */
  zone: string;
  /** Project that owns everything. */
  projectId: string;
  /** By name; exactly one has the role frontend. Plain, because it decides how many resources there are. */
  hosts: Record<string, CloudHostArgs>;
  /** Who logs in to the hosts, beside the stack's own deploy key. */
  admin: {
    /** Networks that may reach SSH, in CIDR notation; the one from which the program is run must be among them. */
    networks: string[];
    /** @default "ops" */
    user?: string;
    /** Public keys of people. @default none */
    sshKeys?: string[];
  };
  /** How servers are paid: `hourly`, or `monthly` with one month's commitment. @default "hourly" */
  billing?: "hourly" | "monthly";
  /** Refuse deletion at Scaleway. @default false */
  protect?: boolean;
  /** Private DNS domain of the hosts. @default "cloud.internal" */
  domain?: string;
  networks?: {
    /** The hosts among each other. @default 10.16.0.0/20 */
    management?: PrivateNetworkArgs;
    /** What carries the VMs' VXLANs. @default 172.16.24.0/22 */
    vms?: PrivateNetworkArgs;
    /** @default PrivateNics.Vlan */
    privateNics?: PrivateNics;
    /** Private networks of VMs by name, each a VXLAN over `vms`. @default none */
    vxlan?: Record<string, VxlanNetworkArgs>;
    /** What VMs with public addresses are told. */
    public?: PublicNetworkArgs;
    /** Public addresses of VMs by name; together they are OpenNebula's networks `public` and, of IPv6, `public6`. @default none */
    flexibleIps?: Record<string, FlexibleIpArgs>;
    /** Scaleway's API as the hosts reach it, without slash at the end. @default "https://api.scaleway.com" */
    scalewayApi?: string;
    /** Resolvers of the hosts. @default those that the installed system uses */
    nameservers?: string[];
  };
  opennebula?: {
    /** Series: `7.0`, `7.2` or `7.4`. @default "7.0" */
    version?: string;
    /** @default the vendor's */
    repository?: OpenNebulaRepository;
    /** Further top-level settings of oned.conf. @default none */
    settings?: Record<string, string | number>;
  };
  /** HTTPS in front of FireEdge, and TLS in front of the APIs in the management network. */
  tls?: {
    /** @default true */
    enabled?: boolean;
    /** @default CertificateSource.PrivateCa */
    mode?: CertificateSource;
    /** Public names of the cloud, the one that people use first. @default none: they use the front-end's public address */
    names?: string[];
    /** The imported certificate with its chain, PEM. */
    certificate?: string;
    /** Its private key, PEM. */
    key?: pulumi.Input<string>;
    /** The ACME authority, for its mode. */
    acme?: AcmeArgs;
  };
  logs?: {
    /** Hosts keep their records and send them to the front-end. @default true */
    enabled?: boolean;
    /** GiB of each host's own journal, where records wait while the collector is down. @default 1 */
    bufferGib?: number;
    /** GiB of what other hosts sent. @default 10 */
    storeGib?: number;
    /** Days until records are removed. @default 90 */
    days?: number;
  };
  /** Backups of the database and of every host's configuration. @default none */
  backups?: BackupArgs;
  /** Encryption of the hosts' own disks; for servers that are installed with it. */
  encryption?: {
    /** Images, VMs, OpenNebula's home and the database on a LUKS2 disk of each host; swap on a key that nobody knows. @default false */
    disks?: boolean;
    /** Let each host's TPM 2.0 open its disk at boot. @default false: a booted host waits for `unlock` */
    tpm?: boolean;
  };
  /** Where credentials are, beside the stack's encrypted state. */
  secrets?: {
    /** @default SecretStoreKind.Pulumi: nowhere else */
    store?: SecretStoreKind;
    /** Folder in the store, without slashes at its ends; the stack's name is a folder in it. @default "opennebula-scaleway" */
    path?: string;
  };
  /** HTTP proxy for apt. @default none */
  packageProxy?: string;
  /** NTP servers. @default the distribution's pool */
  timeServers?: string[];
  /** What closes the hosts. */
  security?: {
    /** What each host lets in and out is derived from the catalogue of services. */
    firewall?: Omit<FirewallArgs, "adminNetworks"> & {
      /** @default true */
      enabled?: boolean;
    };
    /** Security updates of the distribution, by themselves. */
    updates?: {
      /** @default true */
      enabled?: boolean;
      /** Time of day (`HH:MM`, the hosts' zone) of the first host's reboot window; each other host's is 30 minutes later. @default no host reboots by itself */
      rebootAt?: string;
    };
  };
  /** What the day-two command `validate` finds on the hosts. */
  validation?: {
    /** iperf3, fio and nmap on every host. @default true */
    tools?: boolean;
  };
  /** Prometheus, Alertmanager, exporters, and who is told. @default none */
  monitoring?: MonitoringArgs & { secrets?: MonitoringSecrets };
  /** Groups, people and the developers' sandbox inside OpenNebula. @default OpenNebula's own account alone */
  access?: AccessPlanArgs;
}
