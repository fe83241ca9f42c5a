// SPDX-License-Identifier: Apache-2.0

import type { KindsOf } from "./kind";
import { id, lock, name, owned, owner, permissions, regtime, template } from "./kind";

const SECGROUP_VMS =
  "<UPDATED_VMS></UPDATED_VMS><OUTDATED_VMS></OUTDATED_VMS><UPDATING_VMS></UPDATING_VMS><ERROR_VMS></ERROR_VMS>";

export const NETWORK: KindsOf<"vntemplate" | "secgroup"> = {
  vntemplate: {
    ...{ name: "vntemplate", pool: "vntemplatepool", element: "VNTEMPLATE", poolElement: "VNTEMPLATE_POOL" },
    ...{ label: "virtual network template", typeLabel: "VNTEMPLATE", firstId: 0, paged: true, unique: "no" },
    parts: [id, owner, name, lock, permissions, regtime, template],
    rights: { ...owned, clone: "USE", lock: "MANAGE" },
  },
  secgroup: {
    ...{ name: "secgroup", pool: "secgrouppool", element: "SECURITY_GROUP", poolElement: "SECURITY_GROUP_POOL" },
    ...{ label: "security group", typeLabel: "SecurityGroup", firstId: 100, paged: true, unique: "owner" },
    parts: [id, owner, name, permissions, () => SECGROUP_VMS, template],
    rights: { info: "USE" },
  },
};
