// SPDX-License-Identifier: Apache-2.0

import { cdata } from "../xml";
import type { KindsOf } from "./kind";
import { element, id, ids, lock, name, owned, owner, permissions, template } from "./kind";

const text = (tag: string, value: string): string => `<${tag}>${cdata(value)}</${tag}>`;

export const MARKET: KindsOf<"market" | "marketapp"> = {
  market: {
    ...{ name: "market", pool: "marketpool", element: "MARKETPLACE", poolElement: "MARKETPLACE_POOL" },
    ...{ label: "marketplace", typeLabel: "MARKETPLACE", firstId: 100, paged: false, unique: "all" },
    parts: [
      id,
      owner,
      name,
      (e) => `${element("STATE", e.data.state)}<MARKET_MAD>${cdata(e.data.mad)}</MARKET_MAD>`,
      (e) =>
        `<ZONE_ID>${cdata(e.data.zone)}</ZONE_ID>${element("TOTAL_MB", 0)}${element("FREE_MB", 0)}${element("USED_MB", 0)}`,
      (e, c) =>
        ids(
          "MARKETPLACEAPPS",
          c.state.all("marketapp").flatMap((app) => (app.data.market === e.id ? [app.id] : [])),
        ),
      permissions,
      template,
    ],
    rights: owned,
  },
  marketapp: {
    ...{ name: "marketapp", pool: "marketapppool", element: "MARKETPLACEAPP", poolElement: "MARKETPLACEAPP_POOL" },
    ...{ label: "marketplace appliance", typeLabel: "MARKETPLACEAPP", firstId: 0, paged: true, unique: "owner" },
    parts: [
      id,
      owner,
      lock,
      (e) => element("REGTIME", e.data.regtime),
      name,
      (e) => text("ZONE_ID", e.data.zone) + text("ORIGIN_ID", String(e.data.origin)),
      (e) => text("SOURCE", e.data.source) + text("MD5", e.data.md5) + element("SIZE", e.data.sizeMb),
      (e) => text("DESCRIPTION", e.data.description) + text("VERSION", e.data.version),
      (e) => text("FORMAT", e.data.format) + text("APPTEMPLATE64", e.data.template64),
      (e, c) =>
        element("MARKETPLACE_ID", e.data.market) +
        element("MARKETPLACE", c.state.find("market", e.data.market)?.name ?? ""),
      (e) => element("STATE", e.data.state) + element("TYPE", e.data.type),
      permissions,
      template,
    ],
    rights: { ...owned, lock: "MANAGE" },
  },
};
