// SPDX-License-Identifier: Apache-2.0

/** What the stack file says of backups. */
export interface BackupArgs {
  /** Unique among all of Scaleway's buckets. @default from the project */
  bucket?: string;
  /** Scaleway region of the bucket. @default that of the servers */
  region?: string;
  /** Object storage as the hosts reach it, without slash at the end. @default the region's own address */
  endpoint?: string;
  /** Further public keys that can open backups: of age, or ed25519 of SSH. @default none */
  recipients?: string[];
  /** Days in which nobody can delete what was stored. @default 14 */
  lockDays?: number;
  /** What the cloud promises of its database. @default 15 and 60 */
  objectives?: { recoveryPointMinutes: number; recoveryTimeMinutes: number };
}

export interface BackupsPlanArgs extends BackupArgs {
  projectId: string;
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
  lockDays: number;
  /** COMPLIANCE: nobody can shorten it, Scaleway's owner of the account included. */
  lockMode: "COMPLIANCE" | "GOVERNANCE";
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
}

const LOCK_DAYS = 14;
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
  return {
    bucket: args.bucket ?? `opennebula-backups-${args.projectId.replaceAll("-", "").slice(0, 12)}`,
    region: args.region ?? args.defaultRegion,
    projectId: args.projectId,
    lockDays: args.lockDays ?? LOCK_DAYS,
    lockMode: args.protected ? "COMPLIANCE" : "GOVERNANCE",
    forceDestroy: !args.protected,
  };
}

/** Plans one host's backups. A shipment may fail once and the next still holds the promise. */
export function planBackup(host: string, args: BackupsPlanArgs): BackupPlan {
  const { bucket, region } = planBucket(args);
  const objectives = args.objectives ?? OBJECTIVES;
  const hasDatabase = host === args.frontend;
  return {
    host,
    repository: `s3:${storageEndpoint(args, args.defaultRegion)}/${bucket}/hosts`,
    region,
    recipients: args.recipients ?? [],
    paths: hasDatabase ? [...PATHS, ...FRONTEND_PATHS] : PATHS,
    hasDatabase,
    objectives,
    shipMinutes: Math.max(1, Math.floor(objectives.recoveryPointMinutes / 3)),
  };
}
