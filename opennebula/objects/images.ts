// SPDX-License-Identifier: Apache-2.0
import { templateFromXml, type Template } from "../template/template";
import type { XmlElement } from "../xml";
import { bigFromXml, idsFromText, ownedFromXml, type Owned } from "./parts";

/** The numbers in an image's `STATE`. */
export enum ImageState {
  Init = 0,
  Ready = 1,
  Used = 2,
  Disabled = 3,
  /** Being copied into the datastore. */
  Locked = 4,
  Error = 5,
  Clone = 6,
  Delete = 7,
  UsedPersistent = 8,
  LockedUsed = 9,
  LockedUsedPersistent = 10,
}

/** The numbers in an image's `TYPE`. */
export enum ImageType {
  Os = 0,
  Cdrom = 1,
  Datablock = 2,
  Kernel = 3,
  Ramdisk = 4,
  Context = 5,
  Backup = 6,
}

export interface Image extends Owned {
  /** See {@link ImageType}; a plain number because a newer oned may know more. */
  type: number;
  /** See {@link ImageState}. */
  state: number;
  persistent: boolean;
  /** Seconds since 1970. */
  registeredAt: number;
  /** Seconds since 1970. */
  modifiedAt: number;
  /** Where the datastore keeps it; empty until it is there. */
  source: string;
  /** Where it came from; empty for a datablock. */
  path: string;
  format: string;
  filesystem: string;
  /** MiB. */
  size: bigint;
  datastoreId: number;
  datastoreName: string;
  /** Disks of VMs that use it. */
  runningVms: number;
  vmIds: number[];
  cloneIds: number[];
  appCloneIds: number[];
  snapshots: DiskSnapshot[];
  backup: ImageBackup;
  /** `ERROR` holds why the last operation failed. */
  template: Template;
}

/** A snapshot of one disk. */
export interface DiskSnapshot {
  id: number;
  name: string;
  /** True for the one that the disk goes on from. */
  active: boolean;
  /** Seconds since 1970. */
  date: number;
  /** -1 for a root of the tree. */
  parentId: number;
  childIds: number[];
  /** MiB. */
  size: bigint;
}

/** What an image of type backup consists of. */
export interface ImageBackup {
  diskIds: number[];
  increments: BackupIncrement[];
}

export interface BackupIncrement {
  id: number;
  parentId: number;
  /** `FULL` or `INCREMENT`. */
  type: string;
  /** Seconds since 1970. */
  date: number;
  /** MiB. */
  size: bigint;
  source: string;
}

export function imageFromXml(element: XmlElement): Image {
  return {
    ...ownedFromXml(element),
    type: element.int("TYPE", -1),
    state: element.int("STATE", -1),
    persistent: element.value("PERSISTENT") === "1",
    registeredAt: element.int("REGTIME", 0),
    modifiedAt: element.int("MODTIME", 0),
    source: element.value("SOURCE"),
    path: element.value("PATH"),
    format: element.value("FORMAT"),
    filesystem: element.value("FS"),
    size: bigFromXml(element, "SIZE"),
    datastoreId: element.int("DATASTORE_ID", -1),
    datastoreName: element.value("DATASTORE"),
    runningVms: element.int("RUNNING_VMS", 0),
    vmIds: element.ids("VMS"),
    cloneIds: element.ids("CLONES"),
    appCloneIds: element.ids("APP_CLONES"),
    snapshots: diskSnapshotsFromXml(element.child("SNAPSHOTS")),
    backup: {
      diskIds: element.ids("BACKUP_DISK_IDS"),
      increments: (element.child("BACKUP_INCREMENTS")?.all("INCREMENT") ?? []).map(incrementFromXml),
    },
    template: templateFromXml(element.child("TEMPLATE")),
  };
}

export function diskSnapshotsFromXml(element: XmlElement | undefined): DiskSnapshot[] {
  return (element?.all("SNAPSHOT") ?? []).map((snapshot) => ({
    id: snapshot.int("ID", -1),
    name: snapshot.value("NAME"),
    active: snapshot.value("ACTIVE") === "YES",
    date: snapshot.int("DATE", 0),
    parentId: snapshot.int("PARENT", -1),
    childIds: idsFromText(snapshot.value("CHILDREN")),
    size: bigFromXml(snapshot, "SIZE"),
  }));
}

function incrementFromXml(increment: XmlElement): BackupIncrement {
  return {
    id: increment.int("ID", -1),
    parentId: increment.int("PARENT_ID", -1),
    type: increment.value("TYPE"),
    date: increment.int("DATE", 0),
    size: bigFromXml(increment, "SIZE"),
    source: increment.value("SOURCE"),
  };
}
