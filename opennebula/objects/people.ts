// SPDX-License-Identifier: Apache-2.0
import { templateFromXml, type Template } from "../template/template";
import type { XmlElement } from "../xml";
import { namedFromXml, type Named } from "./kinds";

/** A user; its password hash and login tokens are left out on purpose. */
export interface User extends Named {
  primaryGroupId: number;
  primaryGroupName: string;
  groupIds: number[];
  authDriver: string;
  enabled: boolean;
  template: Template;
}

export interface Group extends Named {
  userIds: number[];
  adminIds: number[];
  template: Template;
}

export function userFromXml(element: XmlElement): User {
  const { TOKEN_PASSWORD: _secret, ...template } = templateFromXml(element.child("TEMPLATE"));
  return {
    ...namedFromXml(element),
    primaryGroupId: element.int("GID", -1),
    primaryGroupName: element.value("GNAME"),
    groupIds: element.ids("GROUPS"),
    authDriver: element.value("AUTH_DRIVER"),
    enabled: element.value("ENABLED") === "1",
    template,
  };
}

export function groupFromXml(element: XmlElement): Group {
  return {
    ...namedFromXml(element),
    userIds: element.ids("USERS"),
    adminIds: element.ids("ADMINS"),
    template: templateFromXml(element.child("TEMPLATE")),
  };
}
