// SPDX-License-Identifier: Apache-2.0

import type { KindsOf } from "./kind";
import { element, id, lock, name, owned, owner, permissions, template } from "./kind";

export const AUTOMATION: KindsOf<"document"> = {
  document: {
    ...{ name: "document", pool: "documentpool", element: "DOCUMENT", poolElement: "DOCUMENT_POOL", label: "document" },
    ...{ typeLabel: "DOCUMENT", firstId: 0, paged: true, unique: "no" },
    parts: [id, owner, name, (e) => element("TYPE", e.data.type), permissions, lock, template],
    rights: { ...owned, clone: "USE", lock: "MANAGE" },
  },
};
