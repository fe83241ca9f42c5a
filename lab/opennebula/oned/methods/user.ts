// SPDX-License-Identifier: Apache-2.0

import { createHash, randomBytes } from "node:crypto";
import { hex, malformed, parseHex, rule, ruleText, sortedRules } from "../acl";
import type { CallContext, Methods } from "../call";
import { authorize, create, find, targetOf, template, use } from "../call";
import type { Entity } from "../entities";
import { ONEADMIN_GROUP, ONEADMIN_ID, USERS_GROUP } from "../entities";
import { Code, Failure } from "../failure";
import type { Params } from "../params";
import { defaultQuotas, mergeQuotas, renderDefaultQuotas } from "../quotas";
import type { Template } from "../template";
import { vectors } from "../template";
import { escapeXml } from "../xml";
import { AFTER_DELETE, DELETE_GUARDS } from "./common";

export const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex");

/** A new user's password as it is stored: only the built-in driver hashes. */
export function storedPassword(driver: string, password: string): string {
  return driver === "core" ? sha256(password) : password;
}

function checkPassword(password: string, code: number = Code.ACTION): void {
  if (password === "") throw new Failure(code, "Invalid password, it cannot be empty");
  const wrong = [...password].find((char) => " \t\n\v\f\r".includes(char));
  if (wrong !== undefined) throw new Failure(code, `Invalid password, character '${wrong}' is not allowed.`);
}

const MAX_FUTURE = 2147483647;
const MAX_TOKENS = 10;

/** What oned.conf says of a driver of logins. */
const driverSetting = (context: CallContext, driver: string, name: string): string | undefined =>
  context.config.vectors("AUTH_MAD_CONF").find(({ NAME }) => NAME === driver)?.[name];

function login(context: CallContext, params: Params): string {
  const [name, token, asked] = [params.string(0), params.string(1), params.int(2)];
  const egid = params.count > 3 ? params.int(3) : -1;
  const user = context.state.byName("user", name);
  if (user === undefined) throw new Failure(Code.NO_EXISTS, `Error getting user [${name}].`);
  authorize(context, ["MANAGE", targetOf("user", user)]);
  const longest = Number(driverSetting(context, user.data.driver, "MAX_TOKEN_TIME") ?? "-1");
  if (longest === 0) {
    user.data.tokens = [];
    context.state.touch("user", user);
    throw new Failure(Code.ACTION, `Login tokens are disabled for driver ${user.data.driver}`).keep();
  }
  const valid = longest > 0 && (asked > longest || asked === -1) ? longest : asked;
  if (valid < -1) throw new Failure(Code.XML_RPC_API, "Wrong valid period for token");
  const held = user.data.tokens.find((t) => t.token === token);
  if (valid === 0) {
    if (token === "") user.data.tokens = [];
    else if (held === undefined) throw new Failure(Code.XML_RPC_API, `Could not find token: ${token}`);
    else user.data.tokens = user.data.tokens.filter((t) => t !== held);
    context.state.touch("user", user);
    return token;
  }
  const session = context.user.data.groups;
  const inside = user.data.groups.includes(egid) && session.includes(egid);
  if (egid !== -1 && !session.includes(ONEADMIN_GROUP) && !inside) {
    throw new Failure(Code.XML_RPC_API, "EGID is not in user group list");
  }
  if (egid === -1 && user.data.groups.join() !== session.join()) {
    throw new Failure(Code.XML_RPC_API, "Cannot create a full token with a specific group token");
  }
  user.data.tokens = user.data.tokens.filter(({ expires }) => expires === -1 || expires > context.now);
  if (user.data.tokens.length >= MAX_TOKENS) {
    throw new Failure(Code.XML_RPC_API, "Max number of tokens limit reached.");
  }
  const fresh = {
    token: token === "" ? randomBytes(32).toString("hex") : token,
    expires: valid === -1 ? -1 : Math.min(context.now + valid, MAX_FUTURE),
    egid,
  };
  user.data.tokens = [...user.data.tokens.filter((t) => t !== held), fresh];
  context.state.touch("user", user);
  return fresh.token;
}

function passwd(context: CallContext, params: Params): number {
  const user = use(context, "user", params.int(0), "MANAGE");
  const password = params.string(1);
  const { driver } = user.data;
  const changeable = driverSetting(context, driver, "PASSWORD_CHANGE")?.toUpperCase() === "YES";
  if (!changeable && !context.user.data.groups.includes(ONEADMIN_GROUP)) {
    throw new Failure(Code.ACTION, `Password for driver ${driver} cannot be changed.`);
  }
  checkPassword(password);
  user.data.password = storedPassword(user.data.driver, password);
  context.state.touch("user", user);
  return user.id;
}

function chauth(context: CallContext, params: Params): number {
  const [id, driver, password] = [params.int(0), params.string(1), params.string(2)];
  const user = use(context, "user", id, "ADMIN");
  if (password !== "") {
    checkPassword(password);
    user.data.password = storedPassword(driver, password);
  }
  user.data.driver = driver;
  context.state.touch("user", user);
  return id;
}

/** Membership changes; a new primary group takes the place of the old one in the list. */
function membership(action: "chgrp" | "addgroup" | "delgroup") {
  return (context: CallContext, params: Params): number => {
    const [id, gid] = [params.int(0), params.int(1)];
    const primary = action === "chgrp";
    if (primary && gid < 0) throw new Failure(Code.XML_RPC_API, "Wrong group ID");
    const user = find(context, "user", id);
    const { data } = user;
    const member = data.groups.includes(gid);
    const managed = driverSetting(context, data.driver, "DRIVER_MANAGED_GROUPS")?.toUpperCase() === "YES";
    if (managed && !(primary && member)) {
      throw new Failure(Code.ACTION, `Groups cannot be manually managed for auth driver ${data.driver}`);
    }
    const group = find(context, "group", gid);
    if (primary && id === ONEADMIN_ID) {
      throw new Failure(Code.INTERNAL, "user [0] oneadmin cannot be moved outside of the group [0] oneadmin");
    }
    authorize(context, ["MANAGE", targetOf("user", user)], [primary ? "USE" : "MANAGE", targetOf("group", group)]);
    if (primary) {
      // A further group that becomes the primary one leaves the old one as a further one.
      if (!member) data.groups = [...data.groups.filter((g) => g !== user.gid), gid];
      user.gid = gid;
    } else if (action === "addgroup") {
      if (member) throw new Failure(Code.ACTION, "User is already in this group");
      data.groups.push(gid);
    } else {
      if (gid === user.gid) throw new Failure(Code.ACTION, "Cannot remove user from the primary group");
      if (!member) throw new Failure(Code.ACTION, "User is not part of this group");
      data.groups = data.groups.filter((g) => g !== gid);
    }
    data.groups.sort((a, b) => a - b);
    context.state.touch("user", user);
    return id;
  };
}

/** A text that is no template is refused as the action. */
function quotaTemplate(text: string): Template {
  try {
    return template(text);
  } catch (error) {
    throw error instanceof Failure ? new Failure(Code.ACTION, error.message) : error;
  }
}

const quota =
  (kind: "user" | "group") =>
  (context: CallContext, params: Params): number => {
    const [id, text] = [params.int(0), params.string(1)];
    const own = new Failure(Code.ACTION, `Cannot set quotas for oneadmin ${kind}`);
    if (id === 0 && kind === "group") throw own;
    const entity = use(context, kind, id, "ADMIN");
    if (id === 0) throw own;
    const isCluster = (cluster: number): boolean => context.state.find("cluster", cluster) !== undefined;
    const whose: [attribute: "UID" | "GID", id: number] = [kind === "user" ? "UID" : "GID", id];
    entity.data.quotas = mergeQuotas(entity.data.quotas, quotaTemplate(text), { base: "-1", whose, isCluster });
    context.state.touch(kind, entity);
    return id;
  };

function defaults(kind: "user" | "group"): Methods {
  const element = kind === "user" ? "DEFAULT_USER_QUOTAS" : "DEFAULT_GROUP_QUOTAS";
  return {
    [`one.${kind}quota.info`]: (context) => renderDefaultQuotas(element, defaultQuotas(context.state, kind)),
    [`one.${kind}quota.update`]: (context, params) => {
      const text = params.string(0);
      if (!context.user.data.groups.includes(ONEADMIN_GROUP)) {
        throw new Failure(
          Code.AUTHORIZATION,
          `User [${context.user.id}] : The default quotas can only be updated by users in the oneadmin group.`,
        );
      }
      const given = quotaTemplate(text);
      const vms = vectors(given, "VM");
      if (vms.length > 1) throw new Failure(Code.ACTION, "Only one default VM quota can be defined");
      if ((vms[0]?.CLUSTER_IDS ?? "") !== "") {
        throw new Failure(Code.ACTION, "CLUSTER_IDS attribute is not allowed for default VM quota");
      }
      const merged = mergeQuotas(defaultQuotas(context.state, kind), given, { base: "-2", isCluster: () => false });
      context.state.setAttribute(element, JSON.stringify(merged));
      return renderDefaultQuotas(element, merged);
    },
  };
}

/** Rights that every group has through the default VDC. */
export function groupRules(gid: number): string[] {
  return [`@${gid} HOST/* MANAGE #0`, `@${gid} NET/* USE #0`, `@${gid} DATASTORE/* USE #0`];
}

const adminRules = (uid: number, gid: number): string[] => [
  `#${uid} USER/@${gid} USE+MANAGE+ADMIN+CREATE *`,
  `#${uid} VM+NET+IMAGE+TEMPLATE+DOCUMENT+SECGROUP+VROUTER+VMGROUP+BACKUPJOB/@${gid} USE+MANAGE *`,
  `#${uid} VROUTER/* CREATE *`,
  `#${uid} GROUP/#${gid} MANAGE *`,
];

export function addRule(context: Pick<CallContext, "state">, data: Entity<"acl">["data"]): number {
  const same = context.state.all("acl").find(({ data: d }) => JSON.stringify(d) === JSON.stringify(data));
  if (same !== undefined) {
    throw new Failure(Code.INTERNAL, `Rule ${ruleText(data)} already exists`);
  }
  const id = context.state.nextId("acl", 0);
  context.state.add("acl", { id, name: "", uid: 0, gid: 0, permissions: 0, template: [], data });
  return id;
}

function removeRules(context: CallContext, matches: (data: Entity<"acl">["data"]) => boolean): void {
  for (const entity of context.state.all("acl")) if (matches(entity.data)) context.state.remove("acl", entity.id);
}

function admins(action: "addadmin" | "deladmin") {
  return (context: CallContext, params: Params): number => {
    const [gid, uid] = [params.int(0), params.int(1)];
    const group = find(context, "group", gid);
    const user = find(context, "user", uid);
    authorize(context, ["MANAGE", targetOf("group", group)], ["ADMIN", targetOf("user", user)]);
    const refuse = (reason: string): never => {
      throw new Failure(Code.INTERNAL, `Cannot edit group. ${reason}`);
    };
    const is = group.data.admins.includes(uid);
    if (action === "addadmin") {
      if (!user.data.groups.includes(gid)) refuse(`User ${uid} is not part of Group ${gid}.`);
      if (is) refuse(`User ${uid} is already an administrator of Group ${gid}.`);
      group.data.admins = [...group.data.admins, uid].sort((a, b) => a - b);
      for (const text of adminRules(uid, gid)) addRule(context, rule(text));
    } else {
      if (!is) refuse(`User ${uid} is not an administrator of Group ${gid}.`);
      group.data.admins = group.data.admins.filter((admin) => admin !== uid);
      const rules = adminRules(uid, gid).map((text) => JSON.stringify(rule(text)));
      removeRules(context, (data) => rules.includes(JSON.stringify(data)));
    }
    context.state.touch("group", group);
    return gid;
  };
}

function manageAcl(context: CallContext): void {
  if (context.user.data.groups.includes(ONEADMIN_GROUP)) return;
  throw new Failure(Code.AUTHORIZATION, `User [${context.user.id}] : Not authorized to perform MANAGE ACL.`);
}

DELETE_GUARDS.user = (_context, user) => (user.id === ONEADMIN_ID ? "oneadmin cannot be deleted." : undefined);
DELETE_GUARDS.group = (context, group) =>
  context.state.all("user").some((user) => user.data.groups.includes(group.id))
    ? `Group ${group.id} is not empty.`
    : undefined;
AFTER_DELETE.user = (context, user) => {
  for (const group of context.state.all("group")) {
    if (!group.data.admins.includes(user.id)) continue;
    group.data.admins = group.data.admins.filter((id) => id !== user.id);
    context.state.touch("group", group);
  }
};
AFTER_DELETE.group = (context, group) => {
  for (const vdc of context.state.all("vdc")) {
    if (!vdc.data.groups.includes(group.id)) continue;
    vdc.data.groups = vdc.data.groups.filter((id) => id !== group.id);
    context.state.touch("vdc", vdc);
  }
};

export const userMethods: Methods = {
  "one.user.allocate": (context, params) => {
    const [name, password, driver] = [params.string(0), params.string(1), params.string(2)];
    const listed = params.ints(3);
    const groups = listed.length > 0 ? listed : [USERS_GROUP];
    const targets = groups.map((gid) => targetOf("group", find(context, "group", gid) as Entity));
    const outside = targets.filter((target) => target.id !== USERS_GROUP);
    authorize(
      context,
      ["CREATE", { type: "USER" }],
      ...outside.map((target): ["MANAGE", typeof target] => ["MANAGE", target]),
    );
    const actual = driver === "" ? "core" : driver;
    checkPassword(password, Code.INTERNAL);
    return create(context, "user", {
      name,
      gid: groups[0] ?? USERS_GROUP,
      template: [{ name: "TOKEN_PASSWORD", value: sha256(randomBytes(32).toString("hex")) }],
      data: {
        password: storedPassword(actual, password),
        driver: actual,
        enabled: true,
        groups: [...new Set(groups)].sort((a, b) => a - b),
        tokens: [],
        quotas: {},
      },
    }).id;
  },
  "one.user.passwd": passwd,
  "one.user.chauth": chauth,
  "one.user.login": login,
  "one.user.chgrp": membership("chgrp"),
  "one.user.addgroup": membership("addgroup"),
  "one.user.delgroup": membership("delgroup"),
  "one.user.quota": quota("user"),
  "one.user.enable": (context, params) => {
    const [id, enable] = [params.int(0), params.boolean(1)];
    const user = use(context, "user", id, "ADMIN");
    if (id === ONEADMIN_ID) throw new Failure(Code.ACTION, "Cannot enable/disable oneadmin user");
    user.data.enabled = enable;
    if (!enable) user.data.tokens = [];
    context.state.touch("user", user);
    return id;
  },
  ...defaults("user"),
  ...defaults("group"),
  "one.group.allocate": (context, params) => {
    const name = params.string(0);
    authorize(context, ["CREATE", { type: "GROUP" }]);
    const group = create(context, "group", { name, template: [], data: { admins: [], quotas: {} } });
    const vdc = context.state.find("vdc", 0);
    if (vdc !== undefined) {
      vdc.data.groups.push(group.id);
      context.state.touch("vdc", vdc);
      for (const text of groupRules(group.id)) addRule(context, rule(text));
    }
    return group.id;
  },
  "one.group.quota": quota("group"),
  "one.group.addadmin": admins("addadmin"),
  "one.group.deladmin": admins("deladmin"),
  "one.acl.info": (context) => {
    manageAcl(context);
    const rules = sortedRules(context.state).map(({ id, data }) => {
      const { user, resource, rights, zone } = data;
      return (
        `<ACL><ID>${id}</ID><USER>${user}</USER><RESOURCE>${resource}</RESOURCE><RIGHTS>${rights}</RIGHTS>` +
        `<ZONE>${zone}</ZONE><STRING>${escapeXml(ruleText(data))}</STRING></ACL>`
      );
    });
    return `<ACL_POOL>${rules.join("")}</ACL_POOL>`;
  },
  "one.acl.addrule": (context, params) => {
    const numbers = [params.string(0), params.string(1), params.string(2)].map((text) => hex(parseHex(text)));
    const [user = "0", resource = "0", rights = "0"] = numbers;
    // Without a zone the rule is for this one.
    const zone = params.count > 3 ? hex(parseHex(params.string(3))) : "100000000";
    manageAcl(context);
    const data = { user, resource, rights, zone };
    const errors = malformed(data);
    if (errors.length > 0) {
      throw new Failure(Code.INTERNAL, `Rule ${ruleText(data)} is malformed: ${errors.join("; ")}`);
    }
    return addRule(context, data);
  },
  "one.acl.delrule": (context, params) => {
    const id = params.int(0);
    manageAcl(context);
    if (context.state.find("acl", id) === undefined) {
      throw new Failure(Code.INTERNAL, `Rule ${id} does not exist`);
    }
    context.state.remove("acl", id);
    return id;
  },
};
