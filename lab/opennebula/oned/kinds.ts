// SPDX-License-Identifier: Apache-2.0

import type { Operation } from "./acl";
import type { Entity, KindName, Quotas } from "./entities";
import { hostParts, hostSummaryParts } from "./hostxml";
import { renderDefaultQuotas, renderQuotas } from "./quotas";
import type { State } from "./state";
import { renderTemplate } from "./template";
import { cdata, escapeXml } from "./xml";

/** What rendering needs to know beside the object. */
export interface RenderContext {
  state: State;
  datastoreLocation: string;
}
export type Part<K extends KindName> = (entity: Entity<K>, context: RenderContext) => string;

/**
 * Everything that tells one kind of object from another: its names in the API and in messages, who may do what, and
 * the elements of its XML in order. The methods that all kinds have are made from this table (`methods/common.ts`).
 */
export interface Kind<K extends KindName> {
  name: K;
  /** Prefix of its methods: `one.<name>.` and `one.<pool>.`. */
  pool: string;
  element: string;
  poolElement: string;
  /** As messages about a missing object call it, and as messages about a taken name do. */
  label: string;
  typeLabel: string;
  firstId: number;
  /** The pool call takes a filter flag and a range. */
  paged: boolean;
  /** Names are unique among all objects, among those of one owner, or not at all. */
  unique: "all" | "owner" | "no";
  parts: Part<K>[];
  poolParts?: Part<K>[];
  /** What follows each element of the pool, and the whole list. */
  poolEach?: Part<K>;
  poolEnd?: (context: RenderContext) => string;
  /** Methods that the kind has, with the right that each needs. */
  rights: Partial<Record<"info" | "update" | "rename" | "delete" | "chown" | "chmod" | "clone" | "lock", Operation>>;
}

const element = (name: string, text: string | number): string => `<${name}>${escapeXml(String(text))}</${name}>`;
export const ids = (name: string, list: number[]): string =>
  `<${name}>${list.map((id) => element("ID", id)).join("")}</${name}>`;

const id = (e: Entity): string => element("ID", e.id);
const name = (e: Entity): string => element("NAME", e.name);
const template = (e: Entity): string => `<TEMPLATE>${renderTemplate(e.template)}</TEMPLATE>`;
const groupName = (e: Entity, c: RenderContext): string => element("GNAME", c.state.find("group", e.gid)?.name ?? "");
const owner = (e: Entity, c: RenderContext): string =>
  element("UID", e.uid) +
  element("GID", e.gid) +
  element("UNAME", c.state.find("user", e.uid)?.name ?? "") +
  groupName(e, c);
const lock = (e: Entity): string =>
  e.lock === undefined
    ? ""
    : `<LOCK>${element("LOCKED", e.lock.level)}${element("OWNER", e.lock.owner)}` +
      `${element("TIME", e.lock.time)}${element("REQ_ID", -1)}</LOCK>`;

const PERMISSION_NAMES = [
  "OWNER_U",
  "OWNER_M",
  "OWNER_A",
  "GROUP_U",
  "GROUP_M",
  "GROUP_A",
  "OTHER_U",
  "OTHER_M",
  "OTHER_A",
];
const permissions = (e: Entity): string =>
  `<PERMISSIONS>${PERMISSION_NAMES.map((bit, i) => element(bit, (e.permissions >> (8 - i)) & 1)).join("")}</PERMISSIONS>`;

const quotaText = (context: RenderContext, kind: "user" | "group"): string =>
  renderDefaultQuotas(
    kind === "user" ? "DEFAULT_USER_QUOTAS" : "DEFAULT_GROUP_QUOTAS",
    defaultQuotas(context.state, kind),
  );

/** The limits of users or groups that have none of their own. */
export function defaultQuotas(state: State, kind: "user" | "group"): Quotas {
  return JSON.parse(state.attribute(`DEFAULT_${kind.toUpperCase()}_QUOTAS`) ?? "{}") as Quotas;
}

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

const quotasOf = (e: Entity<"user"> | Entity<"group">): string => renderQuotas(e.data.quotas);
const poolQuotas = (e: Entity<"user"> | Entity<"group">): string => `<QUOTAS>${id(e)}${quotasOf(e)}</QUOTAS>`;

const datastoreParts: Part<"datastore">[] = [
  id,
  owner,
  name,
  permissions,
  (e) => `<DS_MAD>${cdata(e.data.dsMad)}</DS_MAD><TM_MAD>${cdata(e.data.tmMad)}</TM_MAD>`,
  (e, c) => `<BASE_PATH>${cdata(`${c.datastoreLocation}/${e.id}`)}</BASE_PATH>`,
  (e) => element("TYPE", e.data.type) + element("DISK_TYPE", e.data.diskType) + element("STATE", e.data.state),
  (e) => ids("CLUSTERS", e.data.clusters),
  (e) => element("TOTAL_MB", e.data.totalMb) + element("FREE_MB", e.data.freeMb) + element("USED_MB", e.data.usedMb),
  () => "<IMAGES></IMAGES>",
  template,
];

/** A VDC's resources: the element of the list, of an entry and of its id. */
export const VDC_RESOURCES = ["CLUSTER", "HOST", "DATASTORE", "VNET"] as const;

const vdcResources: Part<"vdc"> = (e) =>
  VDC_RESOURCES.map((type) => {
    const entries = (e.data.resources[type] ?? []).map(
      (r) => `<${type}>${element("ZONE_ID", r.zone)}${element(`${type}_ID`, r.id)}</${type}>`,
    );
    return `<${type}S>${entries.join("")}</${type}S>`;
  }).join("");

const regtime = (e: Entity<"template"> | Entity<"vntemplate">): string => element("REGTIME", e.data.regtime);
const SECGROUP_VMS =
  "<UPDATED_VMS></UPDATED_VMS><OUTDATED_VMS></OUTDATED_VMS><UPDATING_VMS></UPDATING_VMS><ERROR_VMS></ERROR_VMS>";

const adminOnly = { info: "USE", update: "ADMIN", rename: "ADMIN", delete: "ADMIN" } as const;
const owned = {
  info: "USE",
  update: "MANAGE",
  rename: "MANAGE",
  delete: "MANAGE",
  chown: "MANAGE",
  chmod: "MANAGE",
} as const;

export const KINDS: { [K in Exclude<KindName, "acl">]: Kind<K> } = {
  user: {
    ...{ name: "user", pool: "userpool", element: "USER", poolElement: "USER_POOL", label: "user", typeLabel: "USER" },
    ...{ firstId: 2, paged: false, unique: "all" },
    parts: [...userHead, quotasOf, (_e, c) => quotaText(c, "user")],
    poolParts: userHead,
    poolEach: poolQuotas,
    poolEnd: (c) => quotaText(c, "user"),
    rights: { info: "USE", update: "MANAGE", delete: "ADMIN" },
  },
  group: {
    ...{ name: "group", pool: "grouppool", element: "GROUP", poolElement: "GROUP_POOL", label: "group" },
    ...{ typeLabel: "GROUP", firstId: 100, paged: false, unique: "all" },
    parts: [...groupHead, quotasOf, (_e, c) => quotaText(c, "group")],
    poolParts: groupHead,
    poolEach: poolQuotas,
    poolEnd: (c) => quotaText(c, "group"),
    rights: { info: "USE", update: "MANAGE", delete: "ADMIN" },
  },
  host: {
    ...{ name: "host", pool: "hostpool", element: "HOST", poolElement: "HOST_POOL", label: "host", typeLabel: "HOST" },
    ...{ firstId: 0, paged: false, unique: "all" },
    parts: hostParts,
    poolParts: hostSummaryParts,
    rights: adminOnly,
  },
  cluster: {
    ...{ name: "cluster", pool: "clusterpool", element: "CLUSTER", poolElement: "CLUSTER_POOL", label: "cluster" },
    ...{ typeLabel: "CLUSTER", firstId: 100, paged: false, unique: "all" },
    parts: [
      id,
      name,
      (e, c) =>
        ids(
          "HOSTS",
          c.state.all("host").flatMap((h) => (h.data.cluster === e.id ? [h.id] : [])),
        ),
      (e, c) =>
        ids(
          "DATASTORES",
          c.state.all("datastore").flatMap((d) => (d.data.clusters.includes(e.id) ? [d.id] : [])),
        ),
      () => "<VNETS></VNETS>",
      template,
    ],
    rights: adminOnly,
  },
  datastore: {
    ...{ name: "datastore", pool: "datastorepool", element: "DATASTORE", poolElement: "DATASTORE_POOL" },
    ...{ label: "datastore", typeLabel: "DATASTORE", firstId: 100, paged: false, unique: "all" },
    parts: datastoreParts,
    rights: owned,
  },
  zone: {
    ...{ name: "zone", pool: "zonepool", element: "ZONE", poolElement: "ZONE_POOL", label: "zone", typeLabel: "ZONE" },
    ...{ firstId: 100, paged: false, unique: "all" },
    parts: [id, name, (e) => element("STATE", e.data.state), template, () => "<SERVER_POOL></SERVER_POOL>"],
    rights: adminOnly,
  },
  vdc: {
    ...{ name: "vdc", pool: "vdcpool", element: "VDC", poolElement: "VDC_POOL", label: "VDC", typeLabel: "VDC" },
    ...{ firstId: 100, paged: false, unique: "all" },
    parts: [id, name, (e) => ids("GROUPS", e.data.groups), vdcResources, template],
    rights: adminOnly,
  },
  template: {
    ...{ name: "template", pool: "templatepool", element: "VMTEMPLATE", poolElement: "VMTEMPLATE_POOL" },
    ...{ label: "virtual machine template", typeLabel: "TEMPLATE", firstId: 0, paged: true, unique: "no" },
    parts: [id, owner, name, lock, permissions, regtime, template],
    rights: { ...owned, clone: "USE", lock: "MANAGE" },
  },
  vntemplate: {
    ...{ name: "vntemplate", pool: "vntemplatepool", element: "VNTEMPLATE", poolElement: "VNTEMPLATE_POOL" },
    ...{ label: "virtual network template", typeLabel: "VNTEMPLATE", firstId: 0, paged: true, unique: "no" },
    parts: [id, owner, name, lock, permissions, regtime, template],
    rights: { ...owned, clone: "USE", lock: "MANAGE" },
  },
  document: {
    ...{ name: "document", pool: "documentpool", element: "DOCUMENT", poolElement: "DOCUMENT_POOL", label: "document" },
    ...{ typeLabel: "DOCUMENT", firstId: 0, paged: true, unique: "no" },
    parts: [id, owner, name, (e) => element("TYPE", e.data.type), permissions, lock, template],
    rights: { ...owned, clone: "USE", lock: "MANAGE" },
  },
  secgroup: {
    ...{ name: "secgroup", pool: "secgrouppool", element: "SECURITY_GROUP", poolElement: "SECURITY_GROUP_POOL" },
    ...{ label: "security group", typeLabel: "SecurityGroup", firstId: 100, paged: true, unique: "owner" },
    parts: [id, owner, name, permissions, () => SECGROUP_VMS, template],
    rights: { info: "USE" },
  },
  marketplace: {
    ...{ name: "marketplace", pool: "marketpool", element: "MARKETPLACE", poolElement: "MARKETPLACE_POOL" },
    ...{ label: "marketplace", typeLabel: "MARKETPLACE", firstId: 100, paged: false, unique: "all" },
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

/** Pools of which the stand-in holds nothing: always empty, and well-formed. */
export const EMPTY_POOLS: Record<string, string> = {
  vmpool: "VM_POOL",
  vnpool: "VNET_POOL",
  imagepool: "IMAGE_POOL",
  marketapppool: "MARKETPLACEAPP_POOL",
  vmgrouppool: "VM_GROUP_POOL",
  vrouterpool: "VROUTER_POOL",
  hookpool: "HOOK_POOL",
  backupjobpool: "BACKUPJOB_POOL",
};

/** One object's XML. */
export function render<K extends KindName>(kind: Kind<K>, entity: Entity<K>, context: RenderContext): string {
  const inner = kind.parts.map((part) => part(entity, context)).join("");
  return `<${kind.element}>${inner}</${kind.element}>`;
}

/** A pool's XML, in the order given. */
export function renderPool<K extends KindName>(kind: Kind<K>, entities: Entity<K>[], context: RenderContext): string {
  const parts = kind.poolParts ?? kind.parts;
  const each = entities.map((entity) => {
    const inner = parts.map((part) => part(entity, context)).join("");
    return `<${kind.element}>${inner}</${kind.element}>${kind.poolEach?.(entity, context) ?? ""}`;
  });
  return `<${kind.poolElement}>${each.join("")}${kind.poolEnd?.(context) ?? ""}</${kind.poolElement}>`;
}
