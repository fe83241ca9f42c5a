// SPDX-License-Identifier: Apache-2.0
import type { XmlElement } from "../xml";

/** Who may do what with an object: owner, its group, everybody else. */
export interface Permissions {
  ownerUse: boolean;
  ownerManage: boolean;
  ownerAdmin: boolean;
  groupUse: boolean;
  groupManage: boolean;
  groupAdmin: boolean;
  otherUse: boolean;
  otherManage: boolean;
  otherAdmin: boolean;
}

/** The names of {@link Permissions} with oned's own, in the order that `chmod` takes them. */
export const PERMISSION_BITS = {
  ownerUse: "OWNER_U",
  ownerManage: "OWNER_M",
  ownerAdmin: "OWNER_A",
  groupUse: "GROUP_U",
  groupManage: "GROUP_M",
  groupAdmin: "GROUP_A",
  otherUse: "OTHER_U",
  otherManage: "OTHER_M",
  otherAdmin: "OTHER_A",
} as const satisfies Record<keyof Permissions, string>;

export const PERMISSION_NAMES = Object.keys(PERMISSION_BITS) as (keyof Permissions)[];

/** Who an object belongs to. */
export interface Owner {
  userId: number;
  userName: string;
  groupId: number;
  groupName: string;
}

export interface Ownership extends Owner {
  permissions: Permissions;
}

/** What a lock keeps from everybody, oneadmin included, until it is opened: that and all above it; the numbers of `LOCKED` and of the `lock` calls. */
export enum LockLevel {
  Use = 1,
  Manage = 2,
  Admin = 3,
  All = 4,
}

export interface Lock {
  /** See {@link LockLevel}. */
  level: number;
  /** The user who locked. */
  userId: number;
  /** Seconds since 1970. */
  time: number;
}

/** What every object has. */
export interface Named {
  id: number;
  name: string;
}

/** What objects have that belong to somebody. */
export interface Owned extends Named {
  owner: Ownership;
  /** Undefined where nobody locked the object, or where its kind knows no locks. */
  lock?: Lock;
}

export function namedFromXml(element: XmlElement): Named {
  return { id: element.int("ID", -1), name: element.value("NAME") };
}

export function ownedFromXml(element: XmlElement): Owned {
  return { ...namedFromXml(element), owner: ownershipFromXml(element), ...lockFromXml(element) };
}

export function ownerFromXml(element: XmlElement): Owner {
  return {
    userId: element.int("UID", -1),
    userName: element.value("UNAME"),
    groupId: element.int("GID", -1),
    groupName: element.value("GNAME"),
  };
}

function ownershipFromXml(element: XmlElement): Ownership {
  const bits = element.child("PERMISSIONS");
  const allowed = PERMISSION_NAMES.map((name) => [name, bits?.value(PERMISSION_BITS[name]) === "1"] as const);
  return { ...ownerFromXml(element), permissions: Object.fromEntries(allowed) as Record<keyof Permissions, boolean> };
}

export function lockFromXml(element: XmlElement): { lock?: Lock } {
  const lock = element.child("LOCK");
  if (lock === undefined) return {};
  return { lock: { level: lock.int("LOCKED", 0), userId: lock.int("OWNER", -1), time: lock.int("TIME", 0) } };
}

/** A 64-bit number: sizes of images and traffic counters outgrow `number`. 0 when there is none. */
export function bigFromXml(element: XmlElement | undefined, name: string): bigint {
  return bigFromText(element?.value(name));
}

export function bigFromText(text = ""): bigint {
  return /^-?\d+$/.test(text) ? BigInt(text) : 0n;
}

/** The ids in a list such as `0,100,101`. */
export function idsFromText(text = ""): number[] {
  return text.split(",").flatMap((id) => (/^\s*\d+\s*$/.test(id) ? [Number(id)] : []));
}

/** How far VMs are with a change of a network, a security group or a backup job. */
export interface VmProgress {
  updatedVmIds: number[];
  outdatedVmIds: number[];
  updatingVmIds: number[];
  errorVmIds: number[];
}

/** @param updating - element of those being worked on. */
export function vmProgressFromXml(element: XmlElement, updating = "UPDATING_VMS"): VmProgress {
  return {
    updatedVmIds: element.ids("UPDATED_VMS"),
    outdatedVmIds: element.ids("OUTDATED_VMS"),
    updatingVmIds: element.ids(updating),
    errorVmIds: element.ids("ERROR_VMS"),
  };
}
