// SPDX-License-Identifier: Apache-2.0

import type { Operation } from "../acl";
import type { Entity, KindName } from "../entities";
import type { State } from "../state";
import { renderTemplate } from "../template";
import { escapeXml } from "../xml";

/** What rendering needs to know beside the object. */
export interface RenderContext {
  state: State;
  datastoreLocation: string;
}
export type Part<K extends KindName> = (entity: Entity<K>, context: RenderContext) => string;

/** The kinds of one file of this folder. */
export type KindsOf<Names extends KindName> = { [K in Names]: Kind<K> };

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

export const element = (name: string, text: string | number): string => `<${name}>${escapeXml(String(text))}</${name}>`;
export const ids = (name: string, list: number[]): string =>
  `<${name}>${list.map((id) => element("ID", id)).join("")}</${name}>`;

export const id = (e: Entity): string => element("ID", e.id);
export const name = (e: Entity): string => element("NAME", e.name);
export const template = (e: Entity): string => `<TEMPLATE>${renderTemplate(e.template)}</TEMPLATE>`;
export const groupName = (e: Entity, c: RenderContext): string =>
  element("GNAME", c.state.find("group", e.gid)?.name ?? "");
export const owner = (e: Entity, c: RenderContext): string =>
  element("UID", e.uid) +
  element("GID", e.gid) +
  element("UNAME", c.state.find("user", e.uid)?.name ?? "") +
  groupName(e, c);
export const lock = (e: Entity): string =>
  e.lock === undefined
    ? ""
    : `<LOCK>${element("LOCKED", e.lock.level)}${element("OWNER", e.lock.owner)}` +
      `${element("TIME", e.lock.time)}${element("REQ_ID", -1)}</LOCK>`;

export const regtime = (e: Entity<"template"> | Entity<"vntemplate">): string => element("REGTIME", e.data.regtime);

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
export const permissions = (e: Entity): string =>
  `<PERMISSIONS>${PERMISSION_NAMES.map((bit, i) => element(bit, (e.permissions >> (8 - i)) & 1)).join("")}</PERMISSIONS>`;

export const adminOnly = { info: "USE", update: "ADMIN", rename: "ADMIN", delete: "ADMIN" } as const;
export const owned = {
  info: "USE",
  update: "MANAGE",
  rename: "MANAGE",
  delete: "MANAGE",
  chown: "MANAGE",
  chmod: "MANAGE",
} as const;
