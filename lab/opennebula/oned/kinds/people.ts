// SPDX-License-Identifier: Apache-2.0

import type { Entity } from "../entities";
import { usageOf } from "../quota-use";
import { defaultQuotas, renderDefaultQuotas, renderQuotas } from "../quotas";
import { cdata } from "../xml";
import type { KindsOf, Part, RenderContext } from "./kind";
import { adminOnly, element, groupName, id, ids, name, template } from "./kind";

const quotaText = (context: RenderContext, kind: "user" | "group"): string =>
  renderDefaultQuotas(
    kind === "user" ? "DEFAULT_USER_QUOTAS" : "DEFAULT_GROUP_QUOTAS",
    defaultQuotas(context.state, kind),
  );

const userHead: Part<"user">[] = [
  id,
  (e) => element("GID", e.gid),
  (e) => ids("GROUPS", e.data.groups),
  groupName,
  name,
  (e) => `<PASSWORD>${cdata(e.data.password)}</PASSWORD><AUTH_DRIVER>${cdata(e.data.driver)}</AUTH_DRIVER>`,
  (e) => element("ENABLED", e.data.enabled ? 1 : 0),
  (e) =>
    e.data.tokens
      .map(
        (t) =>
          `<LOGIN_TOKEN>${element("TOKEN", t.token)}${element("EXPIRATION_TIME", t.expires)}` +
          `${element("EGID", t.egid)}</LOGIN_TOKEN>`,
      )
      .join(""),
  template,
];

const groupHead: Part<"group">[] = [
  id,
  name,
  template,
  (e, c) =>
    ids(
      "USERS",
      c.state.all("user").flatMap((user) => (user.data.groups.includes(e.id) ? [user.id] : [])),
    ),
  (e) => ids("ADMINS", e.data.admins),
];

const quotasOf =
  (kind: "user" | "group") =>
  (e: Entity<"user"> | Entity<"group">, c: RenderContext): string =>
    renderQuotas(e.data.quotas, usageOf(c.state, kind, e.id));
const poolQuotas =
  (kind: "user" | "group") =>
  (e: Entity<"user"> | Entity<"group">, c: RenderContext): string =>
    `<QUOTAS>${id(e)}${quotasOf(kind)(e, c)}</QUOTAS>`;

/** A VDC's resources: the element of the list, of an entry and of its id. */
export const VDC_RESOURCES = ["CLUSTER", "HOST", "DATASTORE", "VNET"] as const;

const vdcResources: Part<"vdc"> = (e) =>
  VDC_RESOURCES.map((type) => {
    const entries = (e.data.resources[type] ?? []).map(
      (r) => `<${type}>${element("ZONE_ID", r.zone)}${element(`${type}_ID`, r.id)}</${type}>`,
    );
    return `<${type}S>${entries.join("")}</${type}S>`;
  }).join("");

export const PEOPLE: KindsOf<"user" | "group" | "vdc"> = {
  user: {
    ...{ name: "user", pool: "userpool", element: "USER", poolElement: "USER_POOL", label: "user", typeLabel: "USER" },
    ...{ firstId: 2, paged: false, unique: "all" },
    parts: [...userHead, quotasOf("user"), (_e, c) => quotaText(c, "user")],
    poolParts: userHead,
    poolEach: poolQuotas("user"),
    poolEnd: (c) => quotaText(c, "user"),
    rights: { info: "USE", update: "MANAGE", delete: "ADMIN" },
  },
  group: {
    ...{ name: "group", pool: "grouppool", element: "GROUP", poolElement: "GROUP_POOL", label: "group" },
    ...{ typeLabel: "GROUP", firstId: 100, paged: false, unique: "all" },
    parts: [...groupHead, quotasOf("group"), (_e, c) => quotaText(c, "group")],
    poolParts: groupHead,
    poolEach: poolQuotas("group"),
    poolEnd: (c) => quotaText(c, "group"),
    rights: { info: "USE", update: "MANAGE", delete: "ADMIN" },
  },
  vdc: {
    ...{ name: "vdc", pool: "vdcpool", element: "VDC", poolElement: "VDC_POOL", label: "VDC", typeLabel: "VDC" },
    ...{ firstId: 100, paged: false, unique: "all" },
    parts: [id, name, (e) => ids("GROUPS", e.data.groups), vdcResources, template],
    rights: adminOnly,
  },
};
