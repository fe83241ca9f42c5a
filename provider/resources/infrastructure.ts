// SPDX-License-Identifier: Apache-2.0

/** Clusters, datastores, zone servers. */
import { DatastoreState } from "../../opennebula";
import type { Properties } from "../definition";
import { allocate, sendOnce } from "../framework/calls";
import type { Kind } from "../framework/kind";
import {
  attributeCount,
  attributesProperty,
  clustersProperty,
  flag,
  idOutput,
  integer,
  nameProperty,
  OWNERSHIP_OUTPUTS,
  ownership,
  text,
} from "./common";
import { PARENT, parentId, partOf } from "./parts";

export const CLUSTER: Kind = {
  name: "Cluster",
  word: "cluster",
  api: "cluster",
  description: "A cluster: hosts, datastores and networks that work together. Deleted only when it is empty.",
  importId: "the number that `onecluster list` shows",
  marked: "update",
  unique: true,
  fresh: (object) =>
    ["HOSTS", "DATASTORES", "VNETS"].every((list) => object.ids(list).length === 0) && attributeCount(object) === 0,
  inputs: { ...nameProperty("cluster", "Name of the cluster. Unique."), ...attributesProperty() },
  outputs: { clusterId: idOutput("oned's number of the cluster.") },
  calls: {
    allocate: async (call, wish) => String(await sendOnce(call, "one.cluster.allocate", [wish["name"] as string])),
  },
};

/** Attributes of one driver each; a datastore has those of its driver only. */
const DRIVERS: Properties = {
  ceph: {
    type: "object",
    typeName: "DatastoreCeph",
    description: "Pool of a Ceph cluster (drivers `ceph`).",
    fields: {
      poolName: text("Ceph pool.", { attribute: "POOL_NAME", required: true }),
      hosts: { type: "list", description: "Ceph monitors.", attribute: "CEPH_HOST", form: "blanks", required: true },
      user: text("Ceph user.", { attribute: "CEPH_USER", required: true }),
      secretUuid: text("UUID of libvirt's secret with the user's key.", { attribute: "CEPH_SECRET", required: true }),
      configuration: text("Ceph configuration file on the hosts.", { attribute: "CEPH_CONF" }),
      rbdFormat: integer("RBD format.", { attribute: "RBD_FORMAT", minimum: 1, maximum: 2 }),
      erasureCodedPool: text("Erasure coded pool for data.", { attribute: "EC_POOL_NAME" }),
    },
  },
  nfs: {
    type: "object",
    typeName: "DatastoreNfs",
    description: "NFS share that the hosts mount by themselves (driver `shared`).",
    fields: {
      host: text("NFS server.", { attribute: "NFS_AUTO_HOST", required: true }),
      path: text("Exported path.", { attribute: "NFS_AUTO_PATH", required: true }),
      options: text("Mount options.", { attribute: "NFS_AUTO_OPTS" }),
      enabled: flag("Mount it.", { attribute: "NFS_AUTO_ENABLE", default: true }),
    },
  },
  lvm: {
    type: "object",
    typeName: "DatastoreLvm",
    description: "Logical volumes on shared block devices (drivers `fs_lvm`, `fs_lvm_ssh`).",
    fields: {
      thin: flag("Thin volumes.", { attribute: "LVM_THIN_ENABLE" }),
      zeroVolumes: flag("Overwrite volumes with zeros.", { attribute: "LVM_ZERO" }),
    },
  },
  restic: {
    type: "object",
    typeName: "DatastoreRestic",
    description: "Backups with restic over SFTP.",
    fields: {
      server: text("SFTP server.", { attribute: "RESTIC_SFTP_SERVER", required: true }),
      user: text("SFTP user.", { attribute: "RESTIC_SFTP_USER" }),
      password: text("Key of the repository. oned stores it encrypted and never shows it.", {
        attribute: "RESTIC_PASSWORD",
        required: true,
        secret: true,
        unreadable: true,
      }),
      compression: text("`auto`, `off` or `max`.", { attribute: "RESTIC_COMPRESSION" }),
      connections: integer("Connections at once.", { attribute: "RESTIC_CONNECTIONS", minimum: 1 }),
      bandwidthLimit: integer("KiB a second.", { attribute: "RESTIC_BWLIMIT", minimum: 1 }),
      ioNice: integer("I/O priority, 0 to 7.", { attribute: "RESTIC_IONICE", minimum: 0, maximum: 7 }),
      nice: integer("CPU priority, -19 to 19.", { attribute: "RESTIC_NICE", minimum: -19, maximum: 19 }),
    },
  },
  rsync: {
    type: "object",
    typeName: "DatastoreRsync",
    description: "Backups with rsync.",
    fields: {
      host: text("Backup server.", { attribute: "RSYNC_HOST", required: true }),
      user: text("Login user.", { attribute: "RSYNC_USER", required: true }),
      arguments: text("Arguments of rsync.", { attribute: "RSYNC_ARGS" }),
      temporaryDirectory: text("Directory for rebuilt increments.", { attribute: "RSYNC_TMP_DIR" }),
      bandwidthLimit: integer("KiB a second.", { attribute: "RSYNC_BWLIMIT", minimum: 1 }),
    },
  },
};

export const DATASTORE: Kind = {
  name: "Datastore",
  word: "datastore",
  api: "datastore",
  description: "A datastore for images, running disks, files or backups. Deleted only when it holds no image.",
  importId: "the number that `onedatastore list` shows",
  marked: "allocate",
  unique: true,
  inputs: {
    ...nameProperty("datastore", "Name of the datastore. Unique."),
    type: text("What it holds.", {
      attribute: "TYPE",
      immutable: true,
      default: "IMAGE_DS",
      enum: {
        name: "DatastoreType",
        description: "What a datastore holds.",
        values: { Image: "IMAGE_DS", System: "SYSTEM_DS", File: "FILE_DS", Backup: "BACKUP_DS" },
      },
    }),
    dsMad: text("Driver that manages images (`fs`, `ceph`, `restic`, ...); needed by all but system datastores.", {
      attribute: "DS_MAD",
    }),
    tmMad: text("Driver that moves disks (`local`, `ssh`, `shared`, `qcow2`, `fs_lvm_ssh`, `ceph`, ...).", {
      attribute: "TM_MAD",
    }),
    diskType: text("How hosts see its disks; the drivers' own if left out.", {
      attribute: "DISK_TYPE",
      sticky: true,
      enum: {
        name: "DiskType",
        description: "How hosts see disks.",
        values: { File: "FILE", Block: "BLOCK", Rbd: "RBD" },
      },
    }),
    bridgeHosts: {
      type: "list",
      description: "Hosts that have access to the storage, if the front-end has none.",
      attribute: "BRIDGE_LIST",
      form: "blanks",
    },
    safeDirectories: {
      type: "list",
      description: "Directories of the front-end from which images may be made, within the restricted ones.",
      attribute: "SAFE_DIRS",
      sticky: true,
      form: "blanks",
    },
    restrictedDirectories: {
      type: "list",
      description: "Directories of the front-end from which no image may be made.",
      attribute: "RESTRICTED_DIRS",
      sticky: true,
      form: "blanks",
    },
    limitMb: integer("MiB that may be used.", { attribute: "LIMIT_MB", minimum: 1 }),
    enabled: flag("False: a system datastore gets no more disks.", {
      sticky: true,
      read: (object) => (object.int("STATE", 0) as DatastoreState) === DatastoreState.Ready,
      apply: async (work, { wanted }) => {
        await work.call("one.datastore.enable", [Number(work.id), wanted === true]);
      },
    }),
    ...DRIVERS,
    ...clustersProperty("one.cluster.adddatastore", "one.cluster.deldatastore"),
    ...attributesProperty(),
    ...ownership("datastore"),
  },
  outputs: { datastoreId: idOutput("oned's number of the datastore."), ...OWNERSHIP_OUTPUTS },
  check: (inputs) => {
    const { type, dsMad, tmMad } = inputs;
    const missing: [string, boolean][] = [
      ["dsMad", dsMad === undefined && typeof type === "string" && type !== "SYSTEM_DS"],
      ["tmMad", tmMad === undefined && typeof type === "string" && type !== "BACKUP_DS"],
    ];
    return missing
      .filter(([, wrong]) => wrong)
      .map(([property]) => ({ property, reason: `is needed by a datastore of type ${String(type as string)}` }));
  },
  calls: {
    allocate: async (call, wish, template) => {
      const [cluster] = (wish["clusters"] ?? []) as string[];
      return allocate(call, "one.datastore.allocate", template, cluster === undefined ? -1 : Number(cluster));
    },
  },
};

export const ZONE_SERVER: Kind = {
  name: "ZoneServer",
  word: "zone server",
  description: "A front-end of a zone's high-availability cluster. Add the members one after the other.",
  importId: "zone and number of the server as `onezone show` tells them, e.g. `0:1`",
  marked: "never",
  inputs: {
    zone: text("Name or id of the zone.", {
      reference: "zone",
      default: "0",
      immutable: true,
      idOutput: "zoneId",
      read: parentId,
    }),
    name: text("Name of the server. Unique in its zone.", { required: true, immutable: true, attribute: "NAME" }),
    endpoint: text("Address of its oned, e.g. `http://10.16.0.4:2633/RPC2`.", {
      required: true,
      immutable: true,
      attribute: "ENDPOINT",
    }),
  },
  outputs: { zoneId: idOutput("Number of the zone.", PARENT), serverId: idOutput("Number of the server in its zone.") },
  ...partOf({
    parent: { api: "zone", property: "zone" },
    vector: "SERVER",
    idElement: "ID",
    list: (zone) => zone.child("SERVER_POOL")?.all("SERVER") ?? [],
    isSame: (server, wish) => server.value("NAME") === wish["name"],
    add: "one.zone.addserver",
    remove: "one.zone.delserver",
  }),
};
