// SPDX-License-Identifier: Apache-2.0
import { templateFromXml, type Template } from "../template/template";
import type { XmlElement } from "../xml";
import { namedFromXml, type Named } from "./parts";
import { quotasFromXml, type Quotas } from "./quotas";

/** A user; its password hash and login tokens are left out on purpose. */
export interface User extends Named {
  primaryGroupId: number;
  primaryGroupName: string;
  groupIds: number[];
  authDriver: string;
  enabled: boolean;
  /** Undefined in lists, and for oneadmin, who has none. */
  quotas?: Quotas;
  template: Template;
}

export interface Group extends Named {
  userIds: number[];
  adminIds: number[];
  /** Undefined in lists, and for the group oneadmin, which has none. */
  quotas?: Quotas;
  template: Template;
}

/** A virtual data centre: groups and the resources that they may use. {@link ALL_RESOURCES} as id stands for all of a zone. */
export interface Vdc extends Named {
  groupIds: number[];
  clusters: VdcResource[];
  hosts: VdcResource[];
  datastores: VdcResource[];
  networks: VdcResource[];
  template: Template;
}

export interface VdcResource {
  zoneId: number;
  id: number;
}

/** Id that stands for all resources of a kind in a zone. */
export const ALL_RESOURCES = -10;

export function userFromXml(element: XmlElement): User {
  const { TOKEN_PASSWORD: _secret, ...template } = templateFromXml(element.child("TEMPLATE"));
  return {
    ...namedFromXml(element),
    primaryGroupId: element.int("GID", -1),
    primaryGroupName: element.value("GNAME"),
    groupIds: element.ids("GROUPS"),
    authDriver: element.value("AUTH_DRIVER"),
    enabled: element.value("ENABLED") === "1",
    ...quotasOf(element),
    template,
  };
}

export function groupFromXml(element: XmlElement): Group {
  return {
    ...namedFromXml(element),
    userIds: element.ids("USERS"),
    adminIds: element.ids("ADMINS"),
    ...quotasOf(element),
    template: templateFromXml(element.child("TEMPLATE")),
  };
}

function quotasOf(element: XmlElement): { quotas?: Quotas } {
  return element.child("VM_QUOTA") === undefined ? {} : { quotas: quotasFromXml(element) };
}

export function vdcFromXml(element: XmlElement): Vdc {
  const resources = (list: string, member: string): VdcResource[] =>
    (element.child(list)?.all(member) ?? []).map((one) => ({
      zoneId: one.int("ZONE_ID", -1),
      id: one.int(`${member}_ID`, -1),
    }));
  return {
    ...namedFromXml(element),
    groupIds: element.ids("GROUPS"),
    clusters: resources("CLUSTERS", "CLUSTER"),
    hosts: resources("HOSTS", "HOST"),
    datastores: resources("DATASTORES", "DATASTORE"),
    networks: resources("VNETS", "VNET"),
    template: templateFromXml(element.child("TEMPLATE")),
  };
}
