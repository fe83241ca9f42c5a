// SPDX-License-Identifier: Apache-2.0

/** Who may do what: groups, users, access rules, virtual data centres. */
import { aclFromXml, aclRuleToHex, formatAclRule, parseAclRule, type XmlElement } from "../../opennebula";
import type { Properties, ReferenceKind } from "../definition";
import { listObjects, send, sendOnce } from "../framework/calls";
import type { Kind } from "../framework/kind";
import type { PropertyValue } from "../grpc/provider";
import type { ResourceCall } from "../resource";
import { canonicalRule, ruleMistake } from "./acl-rule";
import {
  attributeCount,
  attributesProperty,
  callWith,
  flag,
  idOutput,
  idsOf,
  members,
  nameProperty,
  references,
  text,
} from "./common";

/** The rule that `onegroup create` makes beside the group: its users may create these. */
const DEFAULT_RULE = "VM+IMAGE+TEMPLATE+DOCUMENT+SECGROUP+VROUTER+VMGROUP+BACKUPJOB/* CREATE *";

const DEFAULT_VDC = "0";

export const GROUP: Kind = {
  name: "Group",
  word: "group",
  api: "group",
  description: "A group of users. Deleted only when it has no users.",
  importId: "the number that `onegroup list` shows",
  marked: "update",
  unique: true,
  fresh: (object) => object.ids("USERS").length === 0 && attributeCount(object) === 0,
  inputs: {
    ...nameProperty("group", "Name of the group. Unique.", { immutable: true, apply: undefined }),
    defaultAcls: flag(
      "Let the group's users create VMs, images, templates, documents, security groups, virtual routers, VM groups and backup jobs, " +
        "as `onegroup create` does. oned itself gives a new group no rights at all.",
      {
        default: true,
        unreadable: true,
        apply: async (work, { wanted }) => {
          const rule = aclRuleToHex(parseAclRule(`@${work.id} ${DEFAULT_RULE}`));
          const there = await work.list("acl");
          const found = there.find((acl) => acl.value("USER") === rule.user && acl.value("RESOURCE") === rule.resource);
          if (wanted === true && found === undefined) {
            await work.call("one.acl.addrule", [rule.user, rule.resource, rule.rights, rule.zone]);
          }
          if (wanted === false && found !== undefined) await work.call("one.acl.delrule", [Number(found.value("ID"))]);
        },
      },
    ),
    defaultVdc: flag(
      "Leave the group in OpenNebula's default VDC, where oned puts every new group: it gives the use of all hosts, datastores and networks.",
      {
        default: true,
        unreadable: true,
        apply: async (work, { wanted }) => {
          const vdc = (await work.list("vdc")).find((one) => one.value("ID") === DEFAULT_VDC);
          const inside = vdc?.ids("GROUPS").includes(Number(work.id)) ?? false;
          if (vdc === undefined || inside === wanted) return;
          await work.call(wanted === true ? "one.vdc.addgroup" : "one.vdc.delgroup", [
            Number(DEFAULT_VDC),
            Number(work.id),
          ]);
        },
      },
    ),
    admins: references("user", "Users who administrate the group; left out: as oned has it.", {
      sticky: true,
      read: idsOf("ADMINS"),
      apply: members("one.group.addadmin", "one.group.deladmin"),
    }),
    ...attributesProperty(),
  },
  outputs: { groupId: idOutput("oned's number of the group.") },
  calls: {
    allocate: async (call, wish) => String(await sendOnce(call, "one.group.allocate", [wish["name"] as string])),
  },
};

const secondaryGroups = (object: XmlElement): PropertyValue =>
  object
    .ids("GROUPS")
    .map(String)
    .filter((id) => id !== object.value("GID"));

export const USER: Kind = {
  name: "User",
  word: "user",
  api: "user",
  description: "A user. A new password is set in place.",
  importId: "the number that `oneuser list` shows",
  marked: "update",
  unique: true,
  fresh: (object) => attributeCount(object, ["TOKEN_PASSWORD"]) === 0,
  inputs: {
    ...nameProperty("user", "Login name. Unique.", {
      immutable: true,
      apply: undefined,
      rule: { pattern: /^[^\s:]{1,128}$/, text: "must be 1 to 128 characters without blanks and colons" },
    }),
    password: text(
      "Password of the driver `core`; what other drivers need (a subject, a key) otherwise. oned never shows it.",
      {
        secret: true,
        unreadable: true,
        allocated: true,
        rule: { pattern: /^\S*$/, text: "must hold no blanks: oned refuses such passwords" },
        apply: async (work, { wanted }) => {
          if (wanted !== undefined) await work.call("one.user.passwd", [Number(work.id), wanted as string]);
        },
      },
    ),
    authDriver: text(
      "How the user logs in: `core`, `public`, `ssh`, `x509`, `ldap`, `server_cipher`, `server_x509` or one of your own.",
      {
        default: "core",
        read: (object) => object.value("AUTH_DRIVER"),
        apply: async (work, { wanted }) => {
          const password = typeof work.wish["password"] === "string" ? work.wish["password"] : "";
          await work.call("one.user.chauth", [Number(work.id), wanted as string, password]);
        },
      },
    ),
    primaryGroup: text("Name or id of the primary group; left out: as oned has it, for new users `users`.", {
      reference: "group",
      sticky: true,
      idOutput: "primaryGroupId",
      read: (object) => object.value("GID"),
      apply: async (work, { wanted }) => {
        await work.call("one.user.chgrp", [Number(work.id), Number(wanted)]);
      },
    }),
    groups: references("group", "Further groups of the user; left out: as oned has it.", {
      sticky: true,
      read: secondaryGroups,
      apply: async (work, change) => {
        // A new primary group may have changed the others.
        const actual = secondaryGroups(await work.again());
        await members("one.user.addgroup", "one.user.delgroup")(work, { ...change, actual });
      },
    }),
    enabled: flag("False: the user cannot log in. Left out: as oned has it.", {
      sticky: true,
      read: (object) => object.value("ENABLED") === "1",
      apply: callWith("one.user.enable"),
    }),
    sshPublicKey: text("Public keys, one a line, that VMs of the user let in.", { attribute: "SSH_PUBLIC_KEY" }),
    ...attributesProperty(),
  },
  outputs: {
    userId: idOutput("oned's number of the user."),
    primaryGroupId: { ...idOutput("Number of the primary group.", "GID"), follows: ["primaryGroup"], immutable: false },
  },
  check: ({ authDriver, password }) => {
    if (authDriver !== "core" || password !== undefined) return [];
    return [{ property: "password", reason: "is needed by the driver core" }];
  },
  calls: {
    allocate: async (call, wish) => {
      const { name, password = "", authDriver, primaryGroup, groups = [] } = wish;
      const parameters = [name as string, password as string, authDriver as string];
      const ids = [...(primaryGroup === undefined ? [] : [primaryGroup]), ...(groups as string[])].map(Number);
      const options = { signal: call.context.signal };
      // Without a primary group the first of the list would become it; the further ones then come by calls of their own.
      const all = primaryGroup === undefined || ids.length === 0 ? parameters : [...parameters, ids];
      return String(await call.one().client.callAny("one.user.allocate", all, options));
    },
  },
};

const rulesOf = async (call: ResourceCall): Promise<XmlElement[]> => listObjects(call, "acl");

const ruleText = (object: XmlElement): string => formatAclRule(aclFromXml(object).rule);

export const ACL: Kind = {
  name: "Acl",
  word: "access rule",
  api: "acl",
  description: "An access rule. oned keeps each rule once: one that is there already is taken over.",
  importId: "the number that `oneacl list` shows",
  marked: "never",
  unique: false,
  inputs: {
    rule: text("The rule as `oneacl` takes it: `@100 VM+NET/* CREATE *` (who, resources, rights, zone).", {
      required: true,
      immutable: true,
      canonical: canonicalRule,
      read: (object) => ruleText(object),
    }),
  },
  outputs: { aclId: idOutput("oned's number of the rule.") },
  check: ({ rule }) => {
    const reason = typeof rule === "string" ? ruleMistake(rule) : undefined;
    return reason === undefined ? [] : [{ property: "rule", reason }];
  },
  calls: {
    find: async (call, id) => (await rulesOf(call)).find((object) => object.value("ID") === id),
    candidates: async (call, wish) => {
      const wanted = canonicalRule(wish["rule"] as string);
      const same = (await rulesOf(call)).filter((object) => canonicalRule(ruleText(object)) === wanted);
      return same.map((object) => ({ id: object.value("ID"), object }));
    },
    allocate: async (call, wish) => {
      const { user, resource, rights, zone } = aclRuleToHex(parseAclRule(wish["rule"] as string));
      return String(await sendOnce(call, "one.acl.addrule", [user, resource, rights, zone]));
    },
    remove: async (call, id) => void (await send(call, "one.acl.delrule", [Number(id)])),
  },
};

/** Resources of a VDC in the zone that the provider speaks with. */
function vdcResources(
  property: string,
  { kind, element, method }: { kind: ReferenceKind; element: string; method: string },
): Properties {
  const HERE = 0;
  return {
    [property]: references(kind, `The VDC's ${property}; \`ALL\` stands for all of them.`, {
      items: { type: "string", description: "Name, id or `ALL`.", reference: kind, all: "ALL" },
      read: (object) =>
        (object.child(`${element}S`)?.all(element) ?? [])
          .filter((one) => one.int("ZONE_ID", HERE) === HERE)
          .map((one) => one.value(`${element}_ID`)),
      apply: members(`one.vdc.add${method}`, `one.vdc.del${method}`, (id, member) => [id, HERE, member]),
    }),
  };
}

export const VDC: Kind = {
  name: "Vdc",
  word: "VDC",
  api: "vdc",
  description:
    "A virtual data centre: which groups may use which clusters, hosts, datastores and networks of this zone.",
  importId: "the number that `onevdc list` shows",
  marked: "allocate",
  unique: true,
  inputs: {
    ...nameProperty("vdc", "Name of the VDC. Unique."),
    groups: references("group", "Groups that may use the resources.", {
      read: idsOf("GROUPS"),
      apply: members("one.vdc.addgroup", "one.vdc.delgroup"),
    }),
    ...vdcResources("clusters", { kind: "cluster", element: "CLUSTER", method: "cluster" }),
    ...vdcResources("hosts", { kind: "host", element: "HOST", method: "host" }),
    ...vdcResources("datastores", { kind: "datastore", element: "DATASTORE", method: "datastore" }),
    ...vdcResources("networks", { kind: "vn", element: "VNET", method: "vnet" }),
    ...attributesProperty(),
  },
  outputs: { vdcId: idOutput("oned's number of the VDC.") },
};
