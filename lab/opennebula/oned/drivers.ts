// SPDX-License-Identifier: Apache-2.0

import type { Template } from "./template";

/**
 * What stands between the daemon and the machines that do the work. Every action is asynchronous, ends before its
 * deadline (`signal` is aborted then, and nobody waits any longer), may be run again after a restart, and rejects with
 * an Error whose message users read in the VM's log and in USER_TEMPLATE/ERROR.
 */
export interface HostDrivers {
  /** Actions on the hypervisor, by the name of the script; `deploy` and `restore` answer with the deploy id. */
  vmm: (action: VmmAction, job: VmJob) => Promise<string>;
  /** Actions on the VM's files, by what they are for. */
  tm: (action: TmAction, job: VmJob) => Promise<unknown>;
  /** Network actions: each runs once per distinct VN_MAD among the VM's NICs, with the hooks of that driver. */
  vnm: (action: VnmAction, job: VmJob) => Promise<void>;
  /** The VMs that a host runs; `known` are those that should be there. */
  poll: (host: DriverHost, known: KnownVm[], signal: AbortSignal) => Promise<PolledVm[]>;
}

export type VmmAction =
  | "deploy"
  | "shutdown"
  | "cancel"
  | "save"
  | "restore"
  | "migrate"
  | "reboot"
  | "reset"
  | "attach_disk"
  | "detach_disk"
  | "attach_nic"
  | "detach_nic"
  | "snapshot_create"
  | "snapshot_revert"
  | "snapshot_delete"
  | "resize"
  | "resize_disk"
  | "update_conf";

/**
 * `prolog` makes all disks and the context in the VM's folder; `epilog` saves persistent disks back and removes the
 * folder, `epilog_delete` only removes it; `migrate` moves the folder to `destination` (cold), `premigrate` and
 * `postmigrate` surround a live one; `epilog_stop` and `prolog_resume` move it off the host and back (stop, undeploy);
 * `backup` writes the disks to the target's datastore and answers with the text by which it finds them again,
 * `restore` brings them back; the others are about the one disk that the job names.
 */
export type TmAction =
  | "prolog"
  | "epilog"
  | "epilog_delete"
  | "epilog_stop"
  | "prolog_resume"
  | "migrate"
  | "premigrate"
  | "postmigrate"
  | "attach"
  | "detach"
  | "saveas"
  | "snapshot_create"
  | "snapshot_revert"
  | "snapshot_delete"
  | "resize"
  | "context"
  | "backup"
  | "restore";

export type VnmAction = "pre" | "post" | "clean" | "update_nic";

export interface DriverHost {
  id: number;
  name: string;
  vmMad: string;
}

/** A system datastore as drivers see it; a VM's files are in `<path>/<vm id>`. */
export interface DriverDatastore {
  id: number;
  tmMad: string;
  path: string;
}

export interface VmJob {
  id: number;
  name: string;
  /** The whole `<VM>` document with its last history record: what scripts read, base64, on standard input. */
  xml: string;
  /** The VM's TEMPLATE: DISK, NIC, CONTEXT, GRAPHICS, ... */
  template: Template;
  host: DriverHost;
  datastore: DriverDatastore;
  /** How the hypervisor knows the VM; empty before it was deployed. */
  deployId: string;
  /** Where a migration goes. */
  destination?: { host: DriverHost; datastore: DriverDatastore };
  /** The disk, NIC or snapshot that the action is about. Its vector carries ATTACH="YES" while it is attached. */
  diskId?: number;
  nicId?: number;
  /** Of `update_nic`: the network whose NICs have changed. */
  networkId?: number;
  /** Of a disk (`tm`) a number, of the system (`vmm`) the hypervisor's name for it. */
  snapshot?: string;
  /** Of a disk in MiB after `resize`; of `saveas` the image to write, of `backup` where to. */
  sizeMb?: number;
  target?: {
    imageId: number;
    source: string;
    datastore: DriverDatastore & { template: Template };
    /** Of `backup`: the disks that are stored. */
    disks?: number[];
    /** Of `restore`: whose backup it is. */
    vmId?: number;
  };
  /** The guest is asked (false) or not (true): shutdown, reboot, migration. */
  hard?: boolean;
  signal: AbortSignal;
}

export interface KnownVm {
  id: number;
  name: string;
  deployId: string;
  /** False for one that is off or suspended there. */
  runs: boolean;
}

/** What a poll found; figures are those of one VM monitoring record. */
export interface PolledVm {
  deployId: string;
  state: "RUNNING" | "PAUSED" | "POWEROFF" | "ERROR";
  /** CPU in percent of a core, MEMORY in KiB, NETRX, NETTX and disk bytes. */
  monitoring: Record<string, string>;
}

/** Datastore side: images. */
export interface ImageDrivers {
  /** Size of what PATH names, MiB. Rejects when there is no such file or it is outside the safe folders. */
  stat: (job: ImageJob) => Promise<{ sizeMb: number }>;
  /** Copies PATH (a file or an http(s) URL) into the datastore. */
  cp: (job: ImageJob) => Promise<ImageResult>;
  /** Makes an empty disk of the job's size, with a file system when FS names one. */
  mkfs: (job: ImageJob) => Promise<ImageResult>;
  /** Copies the image that `job.source` names. */
  clone: (job: ImageJob) => Promise<ImageResult>;
  rm: (job: ImageJob) => Promise<void>;
  /** Reads a backup: what its VM was and where its disks can be copied from; undefined from a driver that keeps nothing. */
  restore?: (job: ImageJob) => Promise<BackupContent | undefined>;
  snapshot: (action: "snap_delete" | "snap_revert" | "snap_flatten", job: ImageJob) => Promise<void>;
  /** Space of a datastore, MiB. */
  monitor: (
    datastore: ImageJob["datastore"],
    signal: AbortSignal,
  ) => Promise<{ totalMb: number; freeMb: number; usedMb: number }>;
}

/** What a backup holds. */
export interface BackupContent {
  /** Of the VM when it was backed up. */
  vm: Template;
  name: string;
  /** Disks by their numbers; `cp` takes the paths. */
  disks: { id: number; path: string }[];
}

export interface ImageJob {
  id: number;
  datastore: DriverDatastore & { dsMad: string; template: Template };
  /** What the user gave; empty for a datablock. */
  path: string;
  /** Where the image is; empty before `cp` and `mkfs`, of the original for `clone`. */
  source: string;
  sizeMb: number;
  format: string;
  fs: string;
  snapshot?: number;
  /** Of a backup: the VM that it is of. */
  vmId?: number;
  /** The backup datastore that `path` names. */
  from?: ImageJob["datastore"];
  signal: AbortSignal;
}

export interface ImageResult {
  source: string;
  format: string;
  /** When the driver knows better than `stat` did. */
  sizeMb?: number;
}

/** Which drivers work for whom. */
export interface Drivers {
  /** By a host's VM_MAD; undefined when there is no such driver. */
  host: (vmMad: string) => HostDrivers | undefined;
  /** By a datastore's DS_MAD. */
  image: (dsMad: string) => ImageDrivers | undefined;
  /** What runs a shell's line on a host, given as one more argument. */
  login: (host: string) => string[];
}
