// SPDX-License-Identifier: Apache-2.0

import type { KindsOf } from "./kind";
import { id, lock, name, owned, owner, permissions, regtime, template } from "./kind";

export const VM: KindsOf<"template"> = {
  template: {
    ...{ name: "template", pool: "templatepool", element: "VMTEMPLATE", poolElement: "VMTEMPLATE_POOL" },
    ...{ label: "virtual machine template", typeLabel: "TEMPLATE", firstId: 0, paged: true, unique: "no" },
    parts: [id, owner, name, lock, permissions, regtime, template],
    rights: { ...owned, clone: "USE", lock: "MANAGE" },
  },
};
