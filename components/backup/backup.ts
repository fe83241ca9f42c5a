// SPDX-License-Identifier: Apache-2.0
import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";
import * as tls from "@pulumi/tls";
import * as scaleway from "@pulumiverse/scaleway";
import { BackupJob, Datastore } from "../cloud/resources.gen";
import { BackupMode, DatastoreType, ScheduleEnd, ScheduleRepeat, type BackupFreeze } from "../cloud/types.gen";
import { convergeLayer, type LayerHost } from "../host";
import type { BackupAccess } from "./outputs";
import {
  BACKUP_DATASTORE,
  KEPT_ON_HOST,
  planBackup,
  planBucket,
  planVmJobs,
  storageEndpoint,
  type BackupsPlanArgs,
  type BucketPlan,
  type VmBackupArgs,
} from "./plan";
import { backupProgram } from "./program";
import { renderBackup } from "./render";
import { generationOf, sealKey } from "./seal";

/** No upload of a part of a backup takes longer. */
const UPLOAD_DAYS = 2;

export interface BackupComponentArgs extends Omit<BackupsPlanArgs, "hosts"> {
  /** The hosts by name. Plain, because it decides how many there are. */
  hosts: Record<string, LayerHost>;
  /** What must be done before datastore and jobs are made in oned. */
  after: pulumi.Resource[];
}

/**
 * A private, versioned, locked bucket; credentials for objects of the project alone; on each host the program that fills it. What is
 * stored is encrypted to public keys, so that no host can read what it has backed up.
 */
export class Backup extends pulumi.ComponentResource {
  readonly access: pulumi.Output<pulumi.Unwrap<BackupAccess>>;

  constructor(name: string, args: BackupComponentArgs, opts?: pulumi.ComponentResourceOptions) {
    const { hosts, after, ...rest } = args;
    const planArgs: BackupsPlanArgs = { ...rest, hosts: Object.keys(hosts) };
    const plan = planBucket(planArgs);
    super("opennebula-scaleway:index:Backup", name, { ...plan, hosts: planArgs.hosts }, opts);
    const parent = { parent: this };
    const bucket = this.bucket(name, plan);
    const key = this.identity(name, plan.projectId);
    const password = new random.RandomPassword(`${name}-password`, { length: 40, special: false }, parent);
    const identity = new tls.PrivateKey(`${name}-key`, { algorithm: "ED25519" }, parent);
    const vmSecret = (purpose: string): random.RandomPassword | undefined =>
      args.vms && new random.RandomPassword(`${name}-${purpose}-password`, { length: 40, special: false }, parent);
    const [vmPassword, vmCopyPassword] = [vmSecret("vms"), vmSecret("vm-copies")];
    if (args.vms && vmPassword) this.vmJobs(name, args.vms, vmPassword.result, after);
    const program = backupProgram();
    for (const [host, { connection, ready, server }] of Object.entries(hosts)) {
      convergeLayer(
        `${name}-${host}`,
        {
          host,
          layer: "backup",
          connection,
          state: renderBackup(planBackup(host, planArgs)),
          values: {
            "backup.program": program,
            "backup.accessKey": key.accessKey,
            "backup.secretKey": pulumi.secret(key.secretKey),
            "backup.password": pulumi.secret(password.result),
            "backup.vmPassword": pulumi.secret(vmPassword?.result ?? ""),
            "backup.vmCopyPassword": pulumi.secret(vmCopyPassword?.result ?? ""),
            [`${host}.backup.sealKey`]: pulumi
              .all([identity.privateKeyOpenssh, connection.hostKey])
              .apply(([key, hostKey]) => sealKey(key, { host, generation: generationOf(hostKey) })),
            [`${host}.backup.generation`]: pulumi.output(connection.hostKey).apply(generationOf),
            "backup.recipient": identity.publicKeyOpenssh.apply((line) => line.trim()),
          },
        },
        { ...parent, dependsOn: [...ready, ...bucket], deletedWith: server },
      );
    }
    const access: BackupAccess = {
      bucket: plan.bucket,
      region: plan.region,
      endpoint: storageEndpoint(planArgs, planArgs.defaultRegion),
      repository: planBackup(planArgs.frontend, planArgs).repository,
      accessKey: key.accessKey,
      secretKey: key.secretKey,
      password: password.result,
      vms: vmPassword && {
        password: vmPassword.result,
        copyPassword: vmCopyPassword!.result,
        repository: planBackup(args.vms!.host, planArgs).vms!.repository,
      },
      identity: identity.privateKeyOpenssh,
    };
    this.access = pulumi.secret(access);
    this.registerOutputs({ bucket: plan.bucket });
  }

  private bucket(name: string, plan: BucketPlan): pulumi.Resource[] {
    const { bucket, region, projectId, lockDays, hiddenDays } = plan;
    const made = new scaleway.object.Bucket(
      `${name}-bucket`,
      {
        name: bucket,
        region,
        projectId,
        versioning: { enabled: true },
        objectLockEnabled: true,
        lifecycleRules: [
          {
            id: "hidden-versions",
            enabled: true,
            noncurrentVersionExpiration: { noncurrentDays: hiddenDays },
            expiration: { expiredObjectDeleteMarker: true },
            // Parts of a file whose host has died meanwhile.
            abortIncompleteMultipartUploadDays: UPLOAD_DAYS,
          },
        ],
        forceDestroy: plan.forceDestroy,
      },
      { parent: this },
    );
    if (lockDays === 0) return [made];
    const lock = new scaleway.object.BucketLockConfiguration(
      `${name}-lock`,
      {
        bucket,
        region,
        projectId,
        rule: { defaultRetention: { mode: plan.lockMode, days: lockDays } },
      },
      { parent: this, dependsOn: [made], deletedWith: made },
    );
    return [made, lock];
  }

  /** The datastore to which hypervisors write over SFTP, and the jobs. With the front-end's machine all that is in oned goes. */
  private vmJobs(name: string, vms: VmBackupArgs, password: pulumi.Output<string>, after: pulumi.Resource[]): void {
    const options = { parent: this, dependsOn: after };
    const datastore = new Datastore(
      `${name}-datastore`,
      {
        name: BACKUP_DATASTORE,
        type: DatastoreType.Backup,
        dsMad: "restic",
        tmMad: "-",
        restic: { server: vms.host, password: pulumi.secret(password) },
        // Whoever may back up a VM of their own needs it.
        permissions: "644",
      },
      options,
    );
    for (const [job, { vms: members, fsFreeze, firstTime }] of Object.entries(planVmJobs(vms))) {
      new BackupJob(
        `${name}-job-${job}`,
        {
          name: job,
          vms: members,
          datastore: datastore.id,
          mode: BackupMode.Full,
          fsFreeze: fsFreeze as BackupFreeze,
          keepLast: vms.keepLast ?? KEPT_ON_HOST,
          schedule: [
            {
              time: String(firstTime),
              repeat: ScheduleRepeat.Weekly,
              days: "0,1,2,3,4,5,6",
              endType: ScheduleEnd.Never,
            },
          ],
        },
        { parent: this, deletedWith: datastore },
      );
    }
  }

  /**
   * Credentials for objects alone. They may delete, because restic must: in this bucket that hides an object, and its versions stay
   * as long as the lock lasts.
   */
  private identity(name: string, projectId: string): scaleway.iam.ApiKey {
    const parent = { parent: this };
    const description = "backups of the hosts";
    const application = new scaleway.iam.Application(`${name}-hosts`, { name: `${name}-hosts`, description }, parent);
    const permissionSetNames = [
      "ObjectStorageBucketsRead",
      "ObjectStorageObjectsRead",
      "ObjectStorageObjectsWrite",
      "ObjectStorageObjectsDelete",
    ];
    new scaleway.iam.Policy(
      `${name}-hosts`,
      {
        name: `${name}-hosts`,
        applicationId: application.id,
        rules: [{ permissionSetNames, projectIds: [projectId] }],
      },
      parent,
    );
    return new scaleway.iam.ApiKey(
      `${name}-hosts`,
      { applicationId: application.id, defaultProjectId: projectId, description: `${name}-hosts` },
      { ...parent, additionalSecretOutputs: ["secretKey"] },
    );
  }
}
