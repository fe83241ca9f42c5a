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

/** Who an object belongs to. */
export interface Ownership {
  userId: number;
  userName: string;
  groupId: number;
  groupName: string;
  permissions: Permissions;
}

/** What every object has. */
export interface Named {
  id: number;
  name: string;
}

export function namedFromXml(element: XmlElement): Named {
  return { id: element.int("ID", -1), name: element.value("NAME") };
}

export function ownershipFromXml(element: XmlElement): Ownership {
  const bits = element.child("PERMISSIONS");
  const allows = (name: string): boolean => bits?.value(name) === "1";
  return {
    userId: element.int("UID", -1),
    userName: element.value("UNAME"),
    groupId: element.int("GID", -1),
    groupName: element.value("GNAME"),
    permissions: {
      ownerUse: allows("OWNER_U"),
      ownerManage: allows("OWNER_M"),
      ownerAdmin: allows("OWNER_A"),
      groupUse: allows("GROUP_U"),
      groupManage: allows("GROUP_M"),
      groupAdmin: allows("GROUP_A"),
      otherUse: allows("OTHER_U"),
      otherManage: allows("OTHER_M"),
      otherAdmin: allows("OTHER_A"),
    },
  };
}

/** A 64-bit number: sizes of images and traffic counters outgrow `number`. 0 when there is none. */
export function bigFromXml(element: XmlElement | undefined, name: string): bigint {
  const text = element?.value(name) ?? "";
  return /^-?\d+$/.test(text) ? BigInt(text) : 0n;
}
