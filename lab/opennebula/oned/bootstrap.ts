// SPDX-License-Identifier: Apache-2.0

import { randomBytes } from "node:crypto";
import { rule } from "./acl";
import type { OnedConfig } from "./config";
import type { Entity, KindName } from "./entities";
import { datastoreFrom } from "./methods/datastore";
import { addRule, groupRules, sha256, storedPassword } from "./methods/user";
import { noUpdates } from "./network/updates";
import type { State } from "./state";
import type { Template } from "./template";

/** What the first start needs from outside. */
export interface FirstStart {
  config: OnedConfig;
  /** `oneadmin:password` from one_auth, honoured now and never again. */
  oneAuth: { name: string; password: string };
  /** serveradmin's password, which the services' auth files hold. */
  serverPassword: string;
}

/** Makes the objects that every new OpenNebula has. Does nothing when they are there; the caller stores the changes. */
export function bootstrap(state: State, first: FirstStart): boolean {
  if (state.find("user", 0) !== undefined) return false;
  state.setAttribute("ONE_KEY", randomBytes(32).toString("hex"));
  groups(state);
  const { name, password } = first.oneAuth;
  account(state, { id: 0, name, password: storedPassword("core", password), driver: "core" });
  const server = { password: sha256(first.serverPassword), driver: "server_cipher" };
  account(state, { id: 1, name: "serveradmin", ...server });
  put(state, "cluster", { id: 0, name: "default", template: texts({ RESERVED_CPU: "", RESERVED_MEM: "" }), data: {} });
  const zone = texts({ ENDPOINT: "http://localhost:2633/RPC2" });
  put(state, "zone", { id: 0, name: "OpenNebula", template: zone, data: { state: 0 } });
  put(state, "vdc", {
    id: 0,
    name: "default",
    template: texts({ DESCRIPTION: "Every new group is added here; it holds the default rules of groups." }),
    data: { groups: [1], resources: { CLUSTER: [{ zone: 0, id: -10 }] } },
  });
  datastores(state, first.config);
  rest(state);
  rules(state);
  return true;
}

function put<K extends KindName>(
  state: State,
  kind: K,
  entity: Pick<Entity<K>, "id" | "name" | "template" | "data"> & { permissions?: number },
): void {
  state.add(kind, { uid: 0, gid: 0, permissions: 0o600, ...entity });
}

const texts = (values: Record<string, string>): Template =>
  Object.entries(values).map(([name, value]) => ({ name, value }));

function groups(state: State): void {
  const data = { admins: [], quotas: {} };
  put(state, "group", { id: 0, name: "oneadmin", template: [], data: structuredClone(data) });
  const views = {
    VIEWS: "cloud",
    DEFAULT_VIEW: "cloud",
    GROUP_ADMIN_VIEWS: "groupadmin,cloud",
    GROUP_ADMIN_DEFAULT_VIEW: "groupadmin",
  };
  put(state, "group", { id: 1, name: "users", template: [{ name: "SUNSTONE", value: views }], data });
}

function account(state: State, user: { id: number; name: string; password: string; driver: string }): void {
  const { id, name, password, driver } = user;
  const template = texts({ TOKEN_PASSWORD: sha256(randomBytes(32).toString("hex")) });
  const data = { password, driver, enabled: true, groups: [0], tokens: [], quotas: {} };
  put(state, "user", { id, name, template, data });
}

function datastores(state: State, config: OnedConfig): void {
  const given: [string, Record<string, string>][] = [
    ["system", { TYPE: "SYSTEM_DS", TM_MAD: "local" }],
    ["default", { TYPE: "IMAGE_DS", DS_MAD: "fs", TM_MAD: "local" }],
    ["files", { TYPE: "FILE_DS", DS_MAD: "fs", TM_MAD: "local" }],
  ];
  given.forEach(([name, template], id) => {
    put(state, "datastore", { id, name, permissions: 0o640, ...datastoreFrom({ config }, texts(template), [0]) });
  });
}

function rest(state: State): void {
  const any = { PROTOCOL: "ALL" };
  put(state, "secgroup", {
    id: 0,
    name: "default",
    permissions: 0o744,
    template: [
      { name: "DESCRIPTION", value: "Added to every network; its rules are the default ones." },
      { name: "RULE", value: { ...any, RULE_TYPE: "OUTBOUND" } },
      { name: "RULE", value: { ...any, RULE_TYPE: "INBOUND" } },
    ],
    data: noUpdates(),
  });
  const markets: [string, string, string][] = [
    ["OpenNebula Public", "one", "OpenNebula Systems MarketPlace"],
    ["Linux Containers", "linuxcontainers", "MarketPlace of the public image server at linuxcontainers.org"],
  ];
  markets.forEach(([name, mad, description], id) => {
    const template = texts({ DESCRIPTION: description, MARKET_MAD: mad });
    put(state, "market", { id, name, permissions: 0o744, template, data: { state: id, mad, zone: "0" } });
  });
}

function rules(state: State): void {
  const all = [
    "@1 VM+IMAGE+TEMPLATE+DOCUMENT+SECGROUP+VMGROUP+BACKUPJOB/* CREATE *",
    "* ZONE/* USE *",
    "* MARKETPLACE+MARKETPLACEAPP/* USE *",
    ...groupRules(1),
  ];
  for (const text of all) addRule({ state }, rule(text));
}
