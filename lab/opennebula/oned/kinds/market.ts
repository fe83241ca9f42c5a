// SPDX-License-Identifier: Apache-2.0

import { cdata } from "../xml";
import type { KindsOf } from "./kind";
import { element, id, name, owner, permissions, template } from "./kind";

export const MARKET: KindsOf<"market"> = {
  market: {
    ...{ name: "market", pool: "marketpool", element: "MARKETPLACE", poolElement: "MARKETPLACE_POOL" },
    ...{ label: "market", typeLabel: "MARKETPLACE", firstId: 100, paged: false, unique: "all" },
    parts: [
      id,
      owner,
      name,
      (e) => `${element("STATE", e.data.state)}<MARKET_MAD>${cdata(e.data.mad)}</MARKET_MAD>`,
      () => `<ZONE_ID>${cdata("0")}</ZONE_ID>${element("TOTAL_MB", 0)}${element("FREE_MB", 0)}${element("USED_MB", 0)}`,
      () => "<MARKETPLACEAPPS></MARKETPLACEAPPS>",
      permissions,
      template,
    ],
    rights: { info: "USE" },
  },
};
