// SPDX-License-Identifier: Apache-2.0
// Generated from the provider's definitions by `npm run generate`; do not edit.
import * as pulumi from "@pulumi/pulumi";

/** Attributes of a template by name: a text, a map of texts (a vector), or a list of either. */
export type Template = Record<string, TemplateValue | TemplateValue[]>;
export type TemplateValue = string | number | boolean | Record<string, string | number | boolean>;
/** {@link Template} as an argument. */
export type TemplateArgs = Record<string, pulumi.Input<TemplateValueArgs | pulumi.Input<TemplateValueArgs>[]>>;
export type TemplateValueArgs = string | number | boolean | Record<string, pulumi.Input<string | number | boolean>>;

/** SSH server through which oned is reached; its port need not be public. */
export interface Ssh {
  /** Name or address. */
  host: string;
  /**
   * TCP port.
   * @default 22
   */
  port?: number;
  /** Login user. */
  user: string;
  /** Private key in OpenSSH or PEM form, without a passphrase. Secret. */
  privateKey: string;
  /** The server's public key, one a line while keys are being changed. Nothing else is accepted. */
  hostKey: string;
}

/** Arguments of {@link Ssh}. */
export interface SshArgs {
  /** Name or address. */
  host: pulumi.Input<string>;
  /**
   * TCP port.
   * @default 22
   */
  port?: pulumi.Input<number>;
  /** Login user. */
  user: pulumi.Input<string>;
  /** Private key in OpenSSH or PEM form, without a passphrase. Secret. */
  privateKey: pulumi.Input<string>;
  /** The server's public key, one a line while keys are being changed. Nothing else is accepted. */
  hostKey: pulumi.Input<string>;
}

/** What a datastore holds. */
export enum DatastoreType {
  Image = "IMAGE_DS",
  System = "SYSTEM_DS",
  File = "FILE_DS",
  Backup = "BACKUP_DS",
}

/** How hosts see disks. */
export enum DiskType {
  File = "FILE",
  Block = "BLOCK",
  Rbd = "RBD",
}

/** Pool of a Ceph cluster (drivers `ceph`). */
export interface DatastoreCeph {
  /** Ceph pool. */
  poolName: string;
  /** Ceph monitors. */
  hosts: string[];
  /** Ceph user. */
  user: string;
  /** UUID of libvirt's secret with the user's key. */
  secretUuid: string;
  /** Ceph configuration file on the hosts. */
  configuration?: string;
  /** RBD format. */
  rbdFormat?: number;
  /** Erasure coded pool for data. */
  erasureCodedPool?: string;
}

/** Arguments of {@link DatastoreCeph}. */
export interface DatastoreCephArgs {
  /** Ceph pool. */
  poolName: pulumi.Input<string>;
  /** Ceph monitors. */
  hosts: pulumi.Input<pulumi.Input<string>[]>;
  /** Ceph user. */
  user: pulumi.Input<string>;
  /** UUID of libvirt's secret with the user's key. */
  secretUuid: pulumi.Input<string>;
  /** Ceph configuration file on the hosts. */
  configuration?: pulumi.Input<string>;
  /** RBD format. */
  rbdFormat?: pulumi.Input<number>;
  /** Erasure coded pool for data. */
  erasureCodedPool?: pulumi.Input<string>;
}

/** NFS share that the hosts mount by themselves (driver `shared`). */
export interface DatastoreNfs {
  /** NFS server. */
  host: string;
  /** Exported path. */
  path: string;
  /** Mount options. */
  options?: string;
  /**
   * Mount it.
   * @default true
   */
  enabled?: boolean;
}

/** Arguments of {@link DatastoreNfs}. */
export interface DatastoreNfsArgs {
  /** NFS server. */
  host: pulumi.Input<string>;
  /** Exported path. */
  path: pulumi.Input<string>;
  /** Mount options. */
  options?: pulumi.Input<string>;
  /**
   * Mount it.
   * @default true
   */
  enabled?: pulumi.Input<boolean>;
}

/** Logical volumes on shared block devices (drivers `fs_lvm`, `fs_lvm_ssh`). */
export interface DatastoreLvm {
  /** Thin volumes. */
  thin?: boolean;
  /** Overwrite volumes with zeros. */
  zeroVolumes?: boolean;
}

/** Arguments of {@link DatastoreLvm}. */
export interface DatastoreLvmArgs {
  /** Thin volumes. */
  thin?: pulumi.Input<boolean>;
  /** Overwrite volumes with zeros. */
  zeroVolumes?: pulumi.Input<boolean>;
}

/** Backups with restic over SFTP. */
export interface DatastoreRestic {
  /** SFTP server. */
  server: string;
  /** SFTP user. */
  user?: string;
  /** Key of the repository. oned stores it encrypted and never shows it. Secret. */
  password: string;
  /** `auto`, `off` or `max`. */
  compression?: string;
  /** Connections at once. */
  connections?: number;
  /** KiB a second. */
  bandwidthLimit?: number;
  /** I/O priority, 0 to 7. */
  ioNice?: number;
  /** CPU priority, -19 to 19. */
  nice?: number;
}

/** Arguments of {@link DatastoreRestic}. */
export interface DatastoreResticArgs {
  /** SFTP server. */
  server: pulumi.Input<string>;
  /** SFTP user. */
  user?: pulumi.Input<string>;
  /** Key of the repository. oned stores it encrypted and never shows it. Secret. */
  password: pulumi.Input<string>;
  /** `auto`, `off` or `max`. */
  compression?: pulumi.Input<string>;
  /** Connections at once. */
  connections?: pulumi.Input<number>;
  /** KiB a second. */
  bandwidthLimit?: pulumi.Input<number>;
  /** I/O priority, 0 to 7. */
  ioNice?: pulumi.Input<number>;
  /** CPU priority, -19 to 19. */
  nice?: pulumi.Input<number>;
}

/** Backups with rsync. */
export interface DatastoreRsync {
  /** Backup server. */
  host: string;
  /** Login user. */
  user: string;
  /** Arguments of rsync. */
  arguments?: string;
  /** Directory for rebuilt increments. */
  temporaryDirectory?: string;
  /** KiB a second. */
  bandwidthLimit?: number;
}

/** Arguments of {@link DatastoreRsync}. */
export interface DatastoreRsyncArgs {
  /** Backup server. */
  host: pulumi.Input<string>;
  /** Login user. */
  user: pulumi.Input<string>;
  /** Arguments of rsync. */
  arguments?: pulumi.Input<string>;
  /** Directory for rebuilt increments. */
  temporaryDirectory?: pulumi.Input<string>;
  /** KiB a second. */
  bandwidthLimit?: pulumi.Input<number>;
}

/** Limits of each NIC in the network. */
export interface NetworkQos {
  /** KB/s. */
  inboundAverage?: number;
  /** KB/s. */
  inboundPeak?: number;
  /** KB at peak speed. */
  inboundBurst?: number;
  /** KB/s. */
  outboundAverage?: number;
  /** KB/s. */
  outboundPeak?: number;
  /** KB at peak speed. */
  outboundBurst?: number;
}

/** Arguments of {@link NetworkQos}. */
export interface NetworkQosArgs {
  /** KB/s. */
  inboundAverage?: pulumi.Input<number>;
  /** KB/s. */
  inboundPeak?: pulumi.Input<number>;
  /** KB at peak speed. */
  inboundBurst?: pulumi.Input<number>;
  /** KB/s. */
  outboundAverage?: pulumi.Input<number>;
  /** KB/s. */
  outboundPeak?: pulumi.Input<number>;
  /** KB at peak speed. */
  outboundBurst?: pulumi.Input<number>;
}

/** What a lock keeps people from. */
export enum LockLevel {
  Use = "use",
  Manage = "manage",
  Admin = "admin",
}

/** Kind of addresses in a range. */
export enum AddressRangeType {
  Ip4 = "IP4",
  Ip6 = "IP6",
  Ip6Static = "IP6_STATIC",
  Ip4Ip6 = "IP4_6",
  Ip4Ip6Static = "IP4_6_STATIC",
  Ethernet = "ETHER",
}

/** A range of addresses. */
export interface VnTemplateRange {
  /**
   * Kind of addresses. A change replaces the object.
   * @default "IP4"
   */
  type?: AddressRangeType;
  /** Number of addresses. */
  size: number;
  /** First IPv4 address. A change replaces the object. */
  ip?: string;
  /** First IPv6 address of a static range. A change replaces the object. */
  ip6?: string;
  /** Of a static IPv6 range. A change replaces the object. */
  prefixLength?: number;
  /** IPv6 prefix that is routed. A change replaces the object. */
  globalPrefix?: string;
  /** Local IPv6 prefix. A change replaces the object. */
  ulaPrefix?: string;
  /** First MAC; made from the address if it is left out. A change replaces the object. */
  mac?: string;
  /** Further attributes of the range, e.g. `IPAM_MAD`. */
  attributes?: Record<string, string>;
}

/** Arguments of {@link VnTemplateRange}. */
export interface VnTemplateRangeArgs {
  /**
   * Kind of addresses. A change replaces the object.
   * @default "IP4"
   */
  type?: pulumi.Input<AddressRangeType>;
  /** Number of addresses. */
  size: pulumi.Input<number>;
  /** First IPv4 address. A change replaces the object. */
  ip?: pulumi.Input<string>;
  /** First IPv6 address of a static range. A change replaces the object. */
  ip6?: pulumi.Input<string>;
  /** Of a static IPv6 range. A change replaces the object. */
  prefixLength?: pulumi.Input<number>;
  /** IPv6 prefix that is routed. A change replaces the object. */
  globalPrefix?: pulumi.Input<string>;
  /** Local IPv6 prefix. A change replaces the object. */
  ulaPrefix?: pulumi.Input<string>;
  /** First MAC; made from the address if it is left out. A change replaces the object. */
  mac?: pulumi.Input<string>;
  /** Further attributes of the range, e.g. `IPAM_MAD`. */
  attributes?: pulumi.Input<Record<string, pulumi.Input<string>>>;
}

/** One rule. */
export interface SecurityGroupRule {
  /** Protocol. */
  protocol: SecurityGroupProtocol;
  /** Direction, seen from the VM. */
  direction: SecurityGroupDirection;
  /** Ports and ranges, e.g. `22,80,1000:2000`; TCP and UDP only. */
  ports?: string;
  /** ICMP type. */
  icmpType?: number;
  /** ICMPv6 type. */
  icmpv6Type?: number;
  /** First address of the other side, with `size`. */
  ip?: string;
  /** Number of addresses from `ip` on. */
  size?: number;
  /** Name or id of the virtual network of the other side. */
  network?: string;
}

/** Arguments of {@link SecurityGroupRule}. */
export interface SecurityGroupRuleArgs {
  /** Protocol. */
  protocol: pulumi.Input<SecurityGroupProtocol>;
  /** Direction, seen from the VM. */
  direction: pulumi.Input<SecurityGroupDirection>;
  /** Ports and ranges, e.g. `22,80,1000:2000`; TCP and UDP only. */
  ports?: pulumi.Input<string>;
  /** ICMP type. */
  icmpType?: pulumi.Input<number>;
  /** ICMPv6 type. */
  icmpv6Type?: pulumi.Input<number>;
  /** First address of the other side, with `size`. */
  ip?: pulumi.Input<string>;
  /** Number of addresses from `ip` on. */
  size?: pulumi.Input<number>;
  /** Name or id of the virtual network of the other side. */
  network?: pulumi.Input<string>;
}

/** Protocol of a rule. */
export enum SecurityGroupProtocol {
  All = "ALL",
  Tcp = "TCP",
  Udp = "UDP",
  Icmp = "ICMP",
  Icmpv6 = "ICMPV6",
  Ipsec = "IPSEC",
}

/** Direction of a rule, seen from the VM. */
export enum SecurityGroupDirection {
  Inbound = "inbound",
  Outbound = "outbound",
}

/** What an image is for. */
export enum ImageType {
  Os = "OS",
  Cdrom = "CDROM",
  Datablock = "DATABLOCK",
  Kernel = "KERNEL",
  Ramdisk = "RAMDISK",
  Context = "CONTEXT",
}

/** Disks of each VM. */
export interface VmTemplateDisk {
  /** Name or id of the image; left out for an empty, volatile disk. */
  image?: string;
  /** MiB; needed by a volatile disk, and larger than the image's to grow it. */
  size?: number;
  /** `fs` or `swap` for a volatile disk. */
  type?: string;
  /** Format of a volatile disk: `raw` or `qcow2`. */
  format?: string;
  /** File system of a volatile disk. */
  fileSystem?: string;
  /** Device name in the guest. */
  target?: string;
  /** `vd`, `sd` or `hd`. */
  devicePrefix?: string;
  /** Cache mode, e.g. `none`. */
  cache?: string;
  /** The guest cannot write. */
  readOnly?: boolean;
  /** Further attributes of the disk. */
  attributes?: Record<string, string>;
}

/** Arguments of {@link VmTemplateDisk}. */
export interface VmTemplateDiskArgs {
  /** Name or id of the image; left out for an empty, volatile disk. */
  image?: pulumi.Input<string>;
  /** MiB; needed by a volatile disk, and larger than the image's to grow it. */
  size?: pulumi.Input<number>;
  /** `fs` or `swap` for a volatile disk. */
  type?: pulumi.Input<string>;
  /** Format of a volatile disk: `raw` or `qcow2`. */
  format?: pulumi.Input<string>;
  /** File system of a volatile disk. */
  fileSystem?: pulumi.Input<string>;
  /** Device name in the guest. */
  target?: pulumi.Input<string>;
  /** `vd`, `sd` or `hd`. */
  devicePrefix?: pulumi.Input<string>;
  /** Cache mode, e.g. `none`. */
  cache?: pulumi.Input<string>;
  /** The guest cannot write. */
  readOnly?: pulumi.Input<boolean>;
  /** Further attributes of the disk. */
  attributes?: pulumi.Input<Record<string, pulumi.Input<string>>>;
}

/** Network interfaces of each VM. */
export interface VmTemplateNic {
  /** Name or id of the network; left out where the scheduler chooses (attribute `NETWORK_MODE`). */
  network?: string;
  /** IPv4 address; any free one if it is left out. */
  ip?: string;
  /** IPv6 address. */
  ip6?: string;
  /** MAC. */
  mac?: string;
  /** Hardware that the guest sees, e.g. `virtio`. */
  model?: string;
  /** Security groups beside those of the network. Names or ids, in any order. */
  securityGroups?: string[];
  /** KB/s. */
  inboundAverage?: number;
  /** KB/s. */
  inboundPeak?: number;
  /** KB/s. */
  outboundAverage?: number;
  /** KB/s. */
  outboundPeak?: number;
  /** Further attributes of the interface. */
  attributes?: Record<string, string>;
}

/** Arguments of {@link VmTemplateNic}. */
export interface VmTemplateNicArgs {
  /** Name or id of the network; left out where the scheduler chooses (attribute `NETWORK_MODE`). */
  network?: pulumi.Input<string>;
  /** IPv4 address; any free one if it is left out. */
  ip?: pulumi.Input<string>;
  /** IPv6 address. */
  ip6?: pulumi.Input<string>;
  /** MAC. */
  mac?: pulumi.Input<string>;
  /** Hardware that the guest sees, e.g. `virtio`. */
  model?: pulumi.Input<string>;
  /** Security groups beside those of the network. Names or ids, in any order. */
  securityGroups?: pulumi.Input<pulumi.Input<string>[]>;
  /** KB/s. */
  inboundAverage?: pulumi.Input<number>;
  /** KB/s. */
  inboundPeak?: pulumi.Input<number>;
  /** KB/s. */
  outboundAverage?: pulumi.Input<number>;
  /** KB/s. */
  outboundPeak?: pulumi.Input<number>;
  /** Further attributes of the interface. */
  attributes?: pulumi.Input<Record<string, pulumi.Input<string>>>;
}

/** What a VM does. */
export enum VmPowerState {
  Running = "running",
  Poweroff = "poweroff",
  Suspended = "suspended",
  Stopped = "stopped",
  Undeployed = "undeployed",
  Hold = "hold",
}

/** VmDisk, told from the others by its name. */
export interface VmDisk {
  /** Tells the disk from the VM's others for ever; another name is another disk. */
  name: string;
  /** Name or id of the image; left out for an empty, volatile disk. */
  image?: string;
  /** MiB; needed by a volatile disk, and larger than the image's to grow it. */
  size?: number;
  /** `fs` or `swap` for a volatile disk. */
  type?: string;
  /** Format of a volatile disk: `raw` or `qcow2`. */
  format?: string;
  /** File system of a volatile disk. */
  fileSystem?: string;
  /** Device name in the guest. */
  target?: string;
  /** `vd`, `sd` or `hd`. */
  devicePrefix?: string;
  /** Cache mode, e.g. `none`. */
  cache?: string;
  /** The guest cannot write. */
  readOnly?: boolean;
  /** Further attributes of the disk. */
  attributes?: Record<string, string>;
}

/** Arguments of {@link VmDisk}. */
export interface VmDiskArgs {
  /** Tells the disk from the VM's others for ever; another name is another disk. */
  name: pulumi.Input<string>;
  /** Name or id of the image; left out for an empty, volatile disk. */
  image?: pulumi.Input<string>;
  /** MiB; needed by a volatile disk, and larger than the image's to grow it. */
  size?: pulumi.Input<number>;
  /** `fs` or `swap` for a volatile disk. */
  type?: pulumi.Input<string>;
  /** Format of a volatile disk: `raw` or `qcow2`. */
  format?: pulumi.Input<string>;
  /** File system of a volatile disk. */
  fileSystem?: pulumi.Input<string>;
  /** Device name in the guest. */
  target?: pulumi.Input<string>;
  /** `vd`, `sd` or `hd`. */
  devicePrefix?: pulumi.Input<string>;
  /** Cache mode, e.g. `none`. */
  cache?: pulumi.Input<string>;
  /** The guest cannot write. */
  readOnly?: pulumi.Input<boolean>;
  /** Further attributes of the disk. */
  attributes?: pulumi.Input<Record<string, pulumi.Input<string>>>;
}

/** VmNic, told from the others by its name. */
export interface VmNic {
  /** Tells the interface from the VM's others for ever, in oned as well; another name is another interface. */
  name: string;
  /** Name or id of the network; left out where the scheduler chooses (attribute `NETWORK_MODE`). */
  network?: string;
  /** IPv4 address; any free one if it is left out. */
  ip?: string;
  /** IPv6 address. */
  ip6?: string;
  /** MAC. */
  mac?: string;
  /** Hardware that the guest sees, e.g. `virtio`. */
  model?: string;
  /** Security groups beside those of the network. Names or ids, in any order. */
  securityGroups?: string[];
  /** KB/s. */
  inboundAverage?: number;
  /** KB/s. */
  inboundPeak?: number;
  /** KB/s. */
  outboundAverage?: number;
  /** KB/s. */
  outboundPeak?: number;
  /** Further attributes of the interface. */
  attributes?: Record<string, string>;
}

/** Arguments of {@link VmNic}. */
export interface VmNicArgs {
  /** Tells the interface from the VM's others for ever, in oned as well; another name is another interface. */
  name: pulumi.Input<string>;
  /** Name or id of the network; left out where the scheduler chooses (attribute `NETWORK_MODE`). */
  network?: pulumi.Input<string>;
  /** IPv4 address; any free one if it is left out. */
  ip?: pulumi.Input<string>;
  /** IPv6 address. */
  ip6?: pulumi.Input<string>;
  /** MAC. */
  mac?: pulumi.Input<string>;
  /** Hardware that the guest sees, e.g. `virtio`. */
  model?: pulumi.Input<string>;
  /** Security groups beside those of the network. Names or ids, in any order. */
  securityGroups?: pulumi.Input<pulumi.Input<string>[]>;
  /** KB/s. */
  inboundAverage?: pulumi.Input<number>;
  /** KB/s. */
  inboundPeak?: pulumi.Input<number>;
  /** KB/s. */
  outboundAverage?: pulumi.Input<number>;
  /** KB/s. */
  outboundPeak?: pulumi.Input<number>;
  /** Further attributes of the interface. */
  attributes?: pulumi.Input<Record<string, pulumi.Input<string>>>;
}

/** An action at set times. */
export interface VmScheduledAction {
  /** Action of the VM: `snapshot-create`, `snapshot-revert`, `poweroff`, `resume`, `terminate`, `backup`, ... */
  action: string;
  /** Arguments of the action: the snapshot's name and so on. */
  arguments?: string;
  /**
   * When: seconds since 1970, or `+<seconds>` after the VM's start. Of a repeated action the first time; oned
   * moves it on.
   */
  time: string;
  /** How it repeats; once if it is left out. */
  repeat?: ScheduleRepeat;
  /** Days of the week (0 is Sunday), month or year, or the number of hours, e.g. `1,5`. */
  days?: string;
  /** When it stops repeating. */
  endType?: ScheduleEnd;
  /** Number of repetitions, or seconds since 1970. */
  endValue?: number;
}

/** Arguments of {@link VmScheduledAction}. */
export interface VmScheduledActionArgs {
  /** Action of the VM: `snapshot-create`, `snapshot-revert`, `poweroff`, `resume`, `terminate`, `backup`, ... */
  action: pulumi.Input<string>;
  /** Arguments of the action: the snapshot's name and so on. */
  arguments?: pulumi.Input<string>;
  /**
   * When: seconds since 1970, or `+<seconds>` after the VM's start. Of a repeated action the first time; oned
   * moves it on.
   */
  time: pulumi.Input<string>;
  /** How it repeats; once if it is left out. */
  repeat?: pulumi.Input<ScheduleRepeat>;
  /** Days of the week (0 is Sunday), month or year, or the number of hours, e.g. `1,5`. */
  days?: pulumi.Input<string>;
  /** When it stops repeating. */
  endType?: pulumi.Input<ScheduleEnd>;
  /** Number of repetitions, or seconds since 1970. */
  endValue?: pulumi.Input<number>;
}

/** How a scheduled action repeats. */
export enum ScheduleRepeat {
  Weekly = "0",
  Monthly = "1",
  Yearly = "2",
  Hourly = "3",
}

/** When a scheduled action stops repeating. */
export enum ScheduleEnd {
  Never = "0",
  Repetitions = "1",
  Date = "2",
}

/** Place in a VM group. */
export interface VmGroupMembership {
  /** Name or id of the VM group. */
  group: string;
  /** Role in it. */
  role: string;
}

/** Arguments of {@link VmGroupMembership}. */
export interface VmGroupMembershipArgs {
  /** Name or id of the VM group. */
  group: pulumi.Input<string>;
  /** Role in it. */
  role: pulumi.Input<string>;
}

/** A role of a VM group. */
export interface VmGroupRole {
  /** Name of the role. Unique in its group. */
  name: string;
  /** How VMs of the role share hosts; not at all bound if it is left out. */
  policy?: VmGroupPolicy;
  /** Hosts that VMs of the role run on. Names or ids, in any order. */
  affinedHosts?: string[];
  /** Hosts that VMs of the role do not run on. Names or ids, in any order. */
  antiAffinedHosts?: string[];
}

/** Arguments of {@link VmGroupRole}. */
export interface VmGroupRoleArgs {
  /** Name of the role. Unique in its group. */
  name: pulumi.Input<string>;
  /** How VMs of the role share hosts; not at all bound if it is left out. */
  policy?: pulumi.Input<VmGroupPolicy>;
  /** Hosts that VMs of the role run on. Names or ids, in any order. */
  affinedHosts?: pulumi.Input<pulumi.Input<string>[]>;
  /** Hosts that VMs of the role do not run on. Names or ids, in any order. */
  antiAffinedHosts?: pulumi.Input<pulumi.Input<string>[]>;
}

/** How VMs of a role share hosts. */
export enum VmGroupPolicy {
  None = "NONE",
  Affined = "AFFINED",
  AntiAffined = "ANTI_AFFINED",
}

/** An interface of a virtual router. */
export interface VirtualRouterNic {
  /** Name or id of the network. */
  network: string;
  /** IPv4 address; any free one if it is left out. */
  ip?: string;
  /** IPv6 address. */
  ip6?: string;
  /** MAC. */
  mac?: string;
  /** Hardware that the guest sees, e.g. `virtio`. */
  model?: string;
  /** Security groups beside those of the network. Names or ids, in any order. */
  securityGroups?: string[];
  /** KB/s. */
  inboundAverage?: number;
  /** KB/s. */
  inboundPeak?: number;
  /** KB/s. */
  outboundAverage?: number;
  /** KB/s. */
  outboundPeak?: number;
  /** Further attributes of the interface. */
  attributes?: Record<string, string>;
  /** One address for all instances. */
  floatingIp?: boolean;
  /** The instances have no addresses of their own. */
  floatingOnly?: boolean;
}

/** Arguments of {@link VirtualRouterNic}. */
export interface VirtualRouterNicArgs {
  /** Name or id of the network. */
  network: pulumi.Input<string>;
  /** IPv4 address; any free one if it is left out. */
  ip?: pulumi.Input<string>;
  /** IPv6 address. */
  ip6?: pulumi.Input<string>;
  /** MAC. */
  mac?: pulumi.Input<string>;
  /** Hardware that the guest sees, e.g. `virtio`. */
  model?: pulumi.Input<string>;
  /** Security groups beside those of the network. Names or ids, in any order. */
  securityGroups?: pulumi.Input<pulumi.Input<string>[]>;
  /** KB/s. */
  inboundAverage?: pulumi.Input<number>;
  /** KB/s. */
  inboundPeak?: pulumi.Input<number>;
  /** KB/s. */
  outboundAverage?: pulumi.Input<number>;
  /** KB/s. */
  outboundPeak?: pulumi.Input<number>;
  /** Further attributes of the interface. */
  attributes?: pulumi.Input<Record<string, pulumi.Input<string>>>;
  /** One address for all instances. */
  floatingIp?: pulumi.Input<boolean>;
  /** The instances have no addresses of their own. */
  floatingOnly?: pulumi.Input<boolean>;
}

/** Limits for all VMs together. */
export interface QuotaVm {
  /** VMs; -1 the cloud's default, -2 no limit. Left out: untouched. */
  vms?: number;
  /** VMs that run; -1 the cloud's default, -2 no limit. Left out: untouched. */
  runningVms?: number;
  /** CPU; -1 the cloud's default, -2 no limit. Left out: untouched. */
  cpu?: number;
  /** CPU of VMs that run; -1 the cloud's default, -2 no limit. Left out: untouched. */
  runningCpu?: number;
  /** MiB of memory; -1 the cloud's default, -2 no limit. Left out: untouched. */
  memory?: number;
  /** MiB of memory of VMs that run; -1 the cloud's default, -2 no limit. Left out: untouched. */
  runningMemory?: number;
  /** MiB in system datastores; -1 the cloud's default, -2 no limit. Left out: untouched. */
  systemDiskSize?: number;
}

/** Arguments of {@link QuotaVm}. */
export interface QuotaVmArgs {
  /** VMs; -1 the cloud's default, -2 no limit. Left out: untouched. */
  vms?: pulumi.Input<number>;
  /** VMs that run; -1 the cloud's default, -2 no limit. Left out: untouched. */
  runningVms?: pulumi.Input<number>;
  /** CPU; -1 the cloud's default, -2 no limit. Left out: untouched. */
  cpu?: pulumi.Input<number>;
  /** CPU of VMs that run; -1 the cloud's default, -2 no limit. Left out: untouched. */
  runningCpu?: pulumi.Input<number>;
  /** MiB of memory; -1 the cloud's default, -2 no limit. Left out: untouched. */
  memory?: pulumi.Input<number>;
  /** MiB of memory of VMs that run; -1 the cloud's default, -2 no limit. Left out: untouched. */
  runningMemory?: pulumi.Input<number>;
  /** MiB in system datastores; -1 the cloud's default, -2 no limit. Left out: untouched. */
  systemDiskSize?: pulumi.Input<number>;
}

/** Limits for one cluster. */
export interface QuotaCluster {
  /** Name or id of the cluster. */
  cluster: string;
  /** VMs; -1 the cloud's default, -2 no limit. Left out: untouched. */
  vms?: number;
  /** VMs that run; -1 the cloud's default, -2 no limit. Left out: untouched. */
  runningVms?: number;
  /** CPU; -1 the cloud's default, -2 no limit. Left out: untouched. */
  cpu?: number;
  /** CPU of VMs that run; -1 the cloud's default, -2 no limit. Left out: untouched. */
  runningCpu?: number;
  /** MiB of memory; -1 the cloud's default, -2 no limit. Left out: untouched. */
  memory?: number;
  /** MiB of memory of VMs that run; -1 the cloud's default, -2 no limit. Left out: untouched. */
  runningMemory?: number;
  /** MiB in system datastores; -1 the cloud's default, -2 no limit. Left out: untouched. */
  systemDiskSize?: number;
}

/** Arguments of {@link QuotaCluster}. */
export interface QuotaClusterArgs {
  /** Name or id of the cluster. */
  cluster: pulumi.Input<string>;
  /** VMs; -1 the cloud's default, -2 no limit. Left out: untouched. */
  vms?: pulumi.Input<number>;
  /** VMs that run; -1 the cloud's default, -2 no limit. Left out: untouched. */
  runningVms?: pulumi.Input<number>;
  /** CPU; -1 the cloud's default, -2 no limit. Left out: untouched. */
  cpu?: pulumi.Input<number>;
  /** CPU of VMs that run; -1 the cloud's default, -2 no limit. Left out: untouched. */
  runningCpu?: pulumi.Input<number>;
  /** MiB of memory; -1 the cloud's default, -2 no limit. Left out: untouched. */
  memory?: pulumi.Input<number>;
  /** MiB of memory of VMs that run; -1 the cloud's default, -2 no limit. Left out: untouched. */
  runningMemory?: pulumi.Input<number>;
  /** MiB in system datastores; -1 the cloud's default, -2 no limit. Left out: untouched. */
  systemDiskSize?: pulumi.Input<number>;
}

/** Limits for one datastore. */
export interface QuotaDatastore {
  /** Name or id of the datastore. */
  datastore: string;
  /** MiB; -1 the cloud's default, -2 no limit. Left out: untouched. */
  size?: number;
  /** Images; -1 the cloud's default, -2 no limit. Left out: untouched. */
  images?: number;
}

/** Arguments of {@link QuotaDatastore}. */
export interface QuotaDatastoreArgs {
  /** Name or id of the datastore. */
  datastore: pulumi.Input<string>;
  /** MiB; -1 the cloud's default, -2 no limit. Left out: untouched. */
  size?: pulumi.Input<number>;
  /** Images; -1 the cloud's default, -2 no limit. Left out: untouched. */
  images?: pulumi.Input<number>;
}

/** Limits for one network. */
export interface QuotaNetwork {
  /** Name or id of the network. */
  network: string;
  /** Addresses; -1 the cloud's default, -2 no limit. Left out: untouched. */
  leases?: number;
}

/** Arguments of {@link QuotaNetwork}. */
export interface QuotaNetworkArgs {
  /** Name or id of the network. */
  network: pulumi.Input<string>;
  /** Addresses; -1 the cloud's default, -2 no limit. Left out: untouched. */
  leases?: pulumi.Input<number>;
}

/** Limits for one image. */
export interface QuotaImage {
  /** Name or id of the image. */
  image: string;
  /** VMs that use it at once; -1 the cloud's default, -2 no limit. Left out: untouched. */
  runningVms?: number;
}

/** Arguments of {@link QuotaImage}. */
export interface QuotaImageArgs {
  /** Name or id of the image. */
  image: pulumi.Input<string>;
  /** VMs that use it at once; -1 the cloud's default, -2 no limit. Left out: untouched. */
  runningVms?: pulumi.Input<number>;
}

/** What a hook waits for. */
export enum HookType {
  Api = "api",
  State = "state",
}

/** How backups are made. */
export enum BackupMode {
  Full = "FULL",
  Increment = "INCREMENT",
}

/** Order of a job's backups. */
export enum BackupExecution {
  Sequential = "SEQUENTIAL",
  Parallel = "PARALLEL",
}

/** How file systems are made still. */
export enum BackupFreeze {
  None = "NONE",
  Agent = "AGENT",
  Suspend = "SUSPEND",
}

/** When a backup job runs. */
export interface BackupJobSchedule {
  /**
   * When: seconds since 1970, or `+<seconds>` after the VM's start. Of a repeated action the first time; oned
   * moves it on.
   */
  time: string;
  /** How it repeats; once if it is left out. */
  repeat?: ScheduleRepeat;
  /** Days of the week (0 is Sunday), month or year, or the number of hours, e.g. `1,5`. */
  days?: string;
  /** When it stops repeating. */
  endType?: ScheduleEnd;
  /** Number of repetitions, or seconds since 1970. */
  endValue?: number;
}

/** Arguments of {@link BackupJobSchedule}. */
export interface BackupJobScheduleArgs {
  /**
   * When: seconds since 1970, or `+<seconds>` after the VM's start. Of a repeated action the first time; oned
   * moves it on.
   */
  time: pulumi.Input<string>;
  /** How it repeats; once if it is left out. */
  repeat?: pulumi.Input<ScheduleRepeat>;
  /** Days of the week (0 is Sunday), month or year, or the number of hours, e.g. `1,5`. */
  days?: pulumi.Input<string>;
  /** When it stops repeating. */
  endType?: pulumi.Input<ScheduleEnd>;
  /** Number of repetitions, or seconds since 1970. */
  endValue?: pulumi.Input<number>;
}
