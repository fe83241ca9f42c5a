// SPDX-License-Identifier: Apache-2.0

/** What the stack file says of backups. */
export interface BackupArgs {
  /** Scaleway project of the bucket: the hosts' key reaches every bucket of it. @default that of the servers */
  projectId?: string;
  /** Unique among all of Scaleway's buckets. @default from its project */
  bucket?: string;
  /** Scaleway region of the bucket. @default that of the servers */
  region?: string;
  /** Object storage as the hosts reach it, without slash at the end. @default the region's own address */
  endpoint?: string;
  /** Further public keys that can open backups: of age, or ed25519 of SSH. @default none */
  recipients?: string[];
  /** Days in which nobody can delete what was stored. @default 14 */
  lockDays?: number;
  /** Days after which the bucket drops versions that are hidden. @default 30 */
  hiddenDays?: number;
  /** What the cloud promises of its database. @default 15 and 60 */
  objectives?: { recoveryPointMinutes: number; recoveryTimeMinutes: number };
  /** Backups of VMs. @default none */
  vms?: VmBackupArgs;
}

/** What OpenNebula backs up of VMs. */
export interface VmBackupArgs {
  /** Name of the host that keeps the repositories. */
  host: string;
  /** Backups of a VM that OpenNebula keeps on the host. @default 7 */
  keepLast?: number;
  /** Jobs by name. @default none */
  jobs?: Record<string, VmBackupJobArgs>;
}

export interface VmBackupJobArgs {
  /** Names of VMs, or their numbers. */
  vms: string[];
  /** Time of day, UTC. @default "03:30" */
  at?: string;
  /** How a guest's file systems are made still. @default "suspend" */
  freeze?: "none" | "agent" | "suspend";
}

export interface BackupsPlanArgs extends BackupArgs {
  /** Scaleway project of the servers. */
  defaultProjectId: string;
  /** Region of the servers. */
  defaultRegion: string;
  /** Name of the host with the database. */
  frontend: string;
  /** Names of all hosts. */
  hosts: string[];
  /** Whether the cloud is protected from deletion: the lock then binds its owner too. */
  protected: boolean;
}

/** Where backups go, with every default filled in. */
export interface BucketPlan {
  bucket: string;
  region: string;
  projectId: string;
  /** Whether nothing else of the cloud is in its project. */
  ownProject: boolean;
  lockDays: number;
  /** COMPLIANCE: nobody can shorten it, Scaleway's owner of the account included. */
  lockMode: "COMPLIANCE" | "GOVERNANCE";
  /** In which what was hidden can still be brought back. */
  hiddenDays: number;
  forceDestroy: boolean;
}

/** One host's part. */
export interface BackupPlan {
  host: string;
  /** As restic spells it. */
  repository: string;
  region: string;
  recipients: string[];
  paths: string[];
  hasDatabase: boolean;
  objectives: { recoveryPointMinutes: number; recoveryTimeMinutes: number };
  /** Minutes between two shipments of binary logs. */
  shipMinutes: number;
  /** Only on the host that keeps VM backups. */
  vms?: { datastores: string; repository: string };
}

/** A backup job as oned is told of it. */
export interface VmBackupJobPlan {
  vms: string[];
  fsFreeze: "NONE" | "AGENT" | "SUSPEND";
  /** Seconds since 1970, in the past: oned counts on from there. */
  firstTime: number;
}

/** Where OpenNebula has the datastores of every host. */
const DATASTORES = "/var/lib/one/datastores";
/** A Sunday: a job that begins there runs on each day of the week. */
const SOME_SUNDAY = Date.UTC(2024, 0, 7) / 1000;

/** OpenNebula's name of the datastore of VM backups. */
export const BACKUP_DATASTORE = "backups";

/** Every job by name. */
export function planVmJobs({ jobs = {} }: VmBackupArgs): Record<string, VmBackupJobPlan> {
  return Object.fromEntries(
    Object.entries(jobs).map(([name, { vms, at = "03:30", freeze = "suspend" }]) => {
      const [hours = 0, minutes = 0] = at.split(":").map(Number);
      const fsFreeze = freeze.toUpperCase() as VmBackupJobPlan["fsFreeze"];
      return [name, { vms: [...vms].sort(), fsFreeze, firstTime: SOME_SUNDAY + hours * 3600 + minutes * 60 }];
    }),
  );
}

/** A week of nights. */
export const KEPT_ON_HOST = 7;
const LOCK_DAYS = 14;
const HIDDEN_DAYS = 30;
const OBJECTIVES = { recoveryPointMinutes: 15, recoveryTimeMinutes: 60 };
/** What everybody's configuration is, and what says which files belong to which layer. */
const PATHS = ["/etc", "/var/lib/opennebula-scaleway"];
const FRONTEND_PATHS = ["/var/lib/one/remotes"];

/** The object storage of a cloud as its hosts reach it. */
export function storageEndpoint({ endpoint, region }: BackupArgs, zone: string): string {
  return endpoint ?? `https://s3.${region ?? zone.replace(/-\d+$/, "")}.scw.cloud`;
}

/** Plans the bucket. A protected cloud's lock cannot be taken off by anybody. */
export function planBucket(args: BackupsPlanArgs): BucketPlan {
  const projectId = args.projectId ?? args.defaultProjectId;
  return {
    bucket: args.bucket ?? `opennebula-backups-${projectId.replaceAll("-", "").slice(0, 12)}`,
    region: args.region ?? args.defaultRegion,
    projectId,
    ownProject: projectId !== args.defaultProjectId,
    lockDays: args.lockDays ?? LOCK_DAYS,
    hiddenDays: args.hiddenDays ?? HIDDEN_DAYS,
    lockMode: args.protected ? "COMPLIANCE" : "GOVERNANCE",
    forceDestroy: !args.protected,
  };
}

/** Plans one host's backups. A shipment may fail once and the next still holds the promise. */
export function planBackup(host: string, args: BackupsPlanArgs): BackupPlan {
  const { bucket, region } = planBucket(args);
  const objectives = args.objectives ?? OBJECTIVES;
  const hasDatabase = host === args.frontend;
  const bucketUrl = `s3:${storageEndpoint(args, args.defaultRegion)}/${bucket}`;
  return {
    host,
    repository: `${bucketUrl}/hosts`,
    region,
    recipients: args.recipients ?? [],
    paths: hasDatabase ? [...PATHS, ...FRONTEND_PATHS] : PATHS,
    hasDatabase,
    objectives,
    shipMinutes: Math.max(1, Math.floor(objectives.recoveryPointMinutes / 3)),
    ...(args.vms?.host === host && { vms: { datastores: DATASTORES, repository: `${bucketUrl}/vms` } }),
  };
}
