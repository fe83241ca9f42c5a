// SPDX-License-Identifier: Apache-2.0

import type { ImageData } from "./images/entity";
import type { Template } from "./template";
import type { BackupJobData, VmData } from "./vm/entity";

/** Limits by resource: section (`VM`, `DATASTORE`, ...) to resource id (`""` for VM) to metric to limit. */
export type Quotas = Record<string, Record<string, Record<string, string>>>;

export interface LoginToken {
  token: string;
  /** Seconds since the epoch; -1 never expires. */
  expires: number;
  egid: number;
}

export interface Capacity {
  /** Hundredths of a core. */
  totalCpu: number;
  usedCpu: number;
  /** KiB. */
  totalMemory: number;
  usedMemory: number;
  /** MiB. */
  maxDisk: number;
  freeDisk: number;
}

export interface MonitoringRecord {
  /** Seconds since the epoch. */
  timestamp: number;
  capacity: Capacity;
  /** Bytes since the host's start. */
  netrx: number;
  nettx: number;
}

/** VMs by how far they know an object's last change. */
export interface VmUpdates {
  updated: number[];
  outdated: number[];
  updating: number[];
  error: number[];
}

/** Who holds an address; VM -1 is nobody: the address is on hold. */
export interface Holder {
  kind: "vm" | "vn" | "vrouter";
  id: number;
}

export interface AddressRange {
  id: number;
  /** What the range was given and what oned added: TYPE, MAC, SIZE, IP, ... */
  attributes: Record<string, string>;
  /** Holders by the address's place in the range; absent until an address was first taken. */
  leases?: Record<string, Holder>;
}

export interface VnData extends VmUpdates {
  state: number;
  clusters: number[];
  bridge: string;
  bridgeType: string;
  /** The network that a reservation is from; -1 for other networks. */
  parent: number;
  vnMad: string;
  phydev: string;
  vlanId: string;
  outerVlanId: string;
  vlanAutomatic: boolean;
  outerVlanAutomatic: boolean;
  vrouters: number[];
  ranges: AddressRange[];
  nextRange: number;
}

export interface Role {
  id: number;
  name: string;
  /** All but ID and NAME. */
  attributes: Record<string, string>;
}

/** A run of a hook that is still to come. */
export interface HookRun {
  /** What its command gets: words of the hook's own, and what it is told, in base64. */
  arguments: string;
  /** Of one with REMOTE: where. */
  host?: string;
  /** It repeats a former run. */
  retry?: true;
}

/** One run of a hook. */
export interface HookRecord {
  id: number;
  timestamp: number;
  arguments: string;
  host?: string;
  command: string;
  stdout: string;
  stderr: string;
  code: number;
  /** It repeats a former run. */
  retry: boolean;
}

/** What is kept of an object beside its name, owner, permissions and template. */
export interface DataOf {
  user: {
    password: string;
    driver: string;
    enabled: boolean;
    /** The primary group is the entity's `gid`; it is in this list too. */
    groups: number[];
    tokens: LoginToken[];
    quotas: Quotas;
  };
  group: { admins: number[]; quotas: Quotas };
  acl: { user: string; resource: string; rights: string; zone: string };
  host: {
    imMad: string;
    vmMad: string;
    state: number;
    cluster: number;
    /** Names of the template attributes that monitoring wrote. */
    monitored: string[];
    monitoring: MonitoringRecord[];
    /** Switched off since its last record: its capacity counts as unknown until it is contacted again. */
    offline?: true;
  };
  cluster: Record<string, never>;
  datastore: {
    dsMad: string;
    tmMad: string;
    type: number;
    diskType: number;
    state: number;
    clusters: number[];
    totalMb: number;
    freeMb: number;
    usedMb: number;
    /** When its space is looked at again, seconds since the epoch. */
    monitorAt?: number;
  };
  image: ImageData;
  vm: VmData;
  backupjob: BackupJobData;
  zone: {
    state: number;
    /** Front-ends of the zone, each with its ID. */
    servers?: Record<string, string>[];
  };
  vdc: { groups: number[]; resources: Record<string, { zone: number; id: number }[]> };
  template: { regtime: number };
  vntemplate: { regtime: number };
  document: { type: number };
  vn: VnData;
  secgroup: VmUpdates;
  vrouter: { vms: number[] };
  vmgroup: {
    roles: Role[];
    nextRole: number;
  };
  hook: {
    /** `api` or `state`. */
    type: string;
    log: HookRecord[];
    nextExecution: number;
    /** Runs to come, the first one first. */
    pending?: HookRun[];
  };
  market: { state: number; mad: string; zone: string };
  marketapp: {
    regtime: number;
    zone: string;
    origin: number;
    source: string;
    md5: string;
    sizeMb: number;
    description: string;
    version: string;
    format: string;
    /** The image's or template's attributes, in base64. */
    template64: string;
    market: number;
    state: number;
    /** As numbered by oned: 1 image, 2 VM template, 3 service template. */
    type: number;
  };
}

export type KindName = keyof DataOf;

export interface Lock {
  level: number;
  owner: number;
  time: number;
}

export interface Entity<K extends KindName = KindName> {
  id: number;
  name: string;
  uid: number;
  gid: number;
  /** Nine bits, owner use the highest. */
  permissions: number;
  template: Template;
  lock?: Lock;
  data: DataOf[K];
}

/** States of a host, as numbered by oned. */
export const HostState = { INIT: 0, MONITORED: 2, ERROR: 3, DISABLED: 4, OFFLINE: 8 } as const;

export const ONEADMIN_ID = 0;
export const ONEADMIN_GROUP = 0;
export const USERS_GROUP = 1;
export const DEFAULT_CLUSTER = 0;
/** Ids below this one belong to objects that the first start makes. */
export const FIRST_USER_ID = 100;
