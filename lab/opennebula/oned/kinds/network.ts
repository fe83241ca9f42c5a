// SPDX-License-Identifier: Apache-2.0

import type { Entity, Holder } from "../entities";
import { renderFull, renderStored, usedOf } from "../network/ranges";
import { renderUpdates } from "../network/updates";
import { cdata } from "../xml";
import type { KindsOf, Part } from "./kind";
import { element, id, ids, lock, name, owned, owner, permissions, regtime, template } from "./kind";

/** An element of a text, or one without an end when there is none. */
const orEmpty = (tag: string, text: string): string => (text === "" ? `<${tag}/>` : `<${tag}>${cdata(text)}</${tag}>`);
const flag = (value: boolean): number => (value ? 1 : 0);

/** What a network's document begins with; its address ranges follow. */
export const networkHead: Part<"vn">[] = [
  id,
  owner,
  name,
  lock,
  permissions,
  (e) => ids("CLUSTERS", e.data.clusters),
  (e) => `<BRIDGE>${cdata(e.data.bridge)}</BRIDGE><BRIDGE_TYPE>${cdata(e.data.bridgeType)}</BRIDGE_TYPE>`,
  // oned sets the previous state together with the state whenever it saves a network.
  (e) => ["STATE", "PREV_STATE"].map((tag) => `<${tag}>${cdata(String(e.data.state))}</${tag}>`).join(""),
  (e) => (e.data.parent < 0 ? "<PARENT_NETWORK_ID/>" : element("PARENT_NETWORK_ID", e.data.parent)),
  (e) => orEmpty("VN_MAD", e.data.vnMad) + orEmpty("PHYDEV", e.data.phydev),
  (e) => orEmpty("VLAN_ID", e.data.vlanId) + orEmpty("OUTER_VLAN_ID", e.data.outerVlanId),
  (e) => element("VLAN_ID_AUTOMATIC", flag(e.data.vlanAutomatic)),
  (e) => element("OUTER_VLAN_ID_AUTOMATIC", flag(e.data.outerVlanAutomatic)),
  (e) => element("USED_LEASES", leasesOf(e)),
  (e) => ids("VROUTERS", e.data.vrouters),
  (e) => renderUpdates(e.data),
  template,
];

/** Addresses of a network that are taken. */
export const leasesOf = (e: Entity<"vn">): number => e.data.ranges.reduce((sum, range) => sum + usedOf(range), 0);

/** The ranges of a single network, with the leases whose holders are visible. */
export const fullRanges = (e: Entity<"vn">, visible: (holder: Holder) => boolean): string =>
  `<AR_POOL>${e.data.ranges.map((range) => renderFull(range, visible)).join("")}</AR_POOL>`;

export const NETWORK: KindsOf<"vn" | "vntemplate" | "secgroup" | "vrouter"> = {
  vn: {
    ...{ name: "vn", pool: "vnpool", element: "VNET", poolElement: "VNET_POOL", label: "virtual network" },
    ...{ typeLabel: "NET", firstId: 0, paged: true, unique: "owner" },
    parts: [...networkHead, (e) => `<AR_POOL>${e.data.ranges.map(renderStored).join("")}</AR_POOL>`],
    rights: { ...owned, lock: "MANAGE" },
  },
  vntemplate: {
    ...{ name: "vntemplate", pool: "vntemplatepool", element: "VNTEMPLATE", poolElement: "VNTEMPLATE_POOL" },
    ...{ label: "virtual network template", typeLabel: "VNTEMPLATE", firstId: 0, paged: true, unique: "no" },
    parts: [id, owner, name, lock, permissions, regtime, template],
    rights: { ...owned, clone: "USE", lock: "MANAGE" },
  },
  secgroup: {
    ...{ name: "secgroup", pool: "secgrouppool", element: "SECURITY_GROUP", poolElement: "SECURITY_GROUP_POOL" },
    ...{ label: "security group", typeLabel: "SecurityGroup", firstId: 100, paged: true, unique: "owner" },
    parts: [id, owner, name, permissions, (e) => renderUpdates(e.data), template],
    rights: { ...owned, clone: "USE" },
  },
  vrouter: {
    ...{ name: "vrouter", pool: "vrouterpool", element: "VROUTER", poolElement: "VROUTER_POOL" },
    ...{ label: "virtual router", typeLabel: "VROUTER", firstId: 0, paged: true, unique: "no" },
    parts: [id, owner, name, lock, permissions, (e) => ids("VMS", e.data.vms), template],
    rights: { ...owned, lock: "MANAGE" },
  },
};
