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
  zone: { state: number };
  vdc: { groups: number[]; resources: Record<string, { zone: number; id: number }[]> };
  template: { regtime: number };
  vntemplate: { regtime: number };
  document: { type: number };
  secgroup: Record<string, never>;
  market: { state: number; mad: string };
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
