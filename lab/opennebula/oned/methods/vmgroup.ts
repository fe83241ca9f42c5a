// SPDX-License-Identifier: Apache-2.0

import type { CallContext, Method, Methods } from "../call";
import { authorize, create, takeName, template, use } from "../call";
import type { Entity, Role } from "../entities";
import { Code, Failure } from "../failure";
import { roleVms } from "../kinds/automation";
import type { Params } from "../params";
import type { Template } from "../template";
import { vectors, without } from "../template";
import { AFTER_UPDATE, UPDATE_GUARDS } from "./common";
import { action } from "./network";

type Group = Pick<Entity<"vmgroup">, "data" | "template">;

/** oned keeps roles in sets of bits of this size. */
const MAX_ROLES = 32;

function addRole(group: Group, given: Record<string, string>): void {
  const { NAME: name = "", ID: _id, VMS: _vms, ...attributes } = given;
  if (name === "") throw new Failure(Code.ACTION, "Missing NAME in VM group role");
  if (group.data.roles.some((role) => role.name === name)) throw action("Role already exists");
  group.data.roles.push({ id: group.data.nextRole++, name, attributes });
}

/** Rules of the group: for each policy, the ids of roles that one of its attributes names. */
function rulesOf(group: Group, policy: "AFFINED" | "ANTI_AFFINED"): { text: string; roles: Role[] }[] {
  const seen = new Set<string>();
  return group.template.flatMap(({ name, value: text }) => {
    if (name !== policy || typeof text !== "string") return [];
    const names = [...new Set(text.split(",").map((part) => part.trim()))].filter((part) => part !== "");
    const roles = names.map((role) => group.data.roles.find((r) => r.name === role));
    const known = roles.filter((role) => role !== undefined);
    if (known.length < roles.length) throw action(`Some roles used in ${policy} attribute (${text}) are not defined`);
    const key = known
      .map((role) => role.id)
      .sort((a, b) => a - b)
      .join();
    if (seen.has(key)) throw action(`Duplicated ${policy} rule (${text}) detected.`);
    seen.add(key);
    return [{ text, roles: known }];
  });
}

/** Refuses rules about roles that are not there, or that say the opposite of one another. */
function check(group: Group): void {
  const affined = rulesOf(group, "AFFINED");
  const anti = rulesOf(group, "ANTI_AFFINED");
  const apart = affined
    .flatMap(({ roles }) => roles)
    .find((role) => role.attributes.POLICY?.toUpperCase() === "ANTI_AFFINED");
  if (apart !== undefined) {
    throw action(`Role ${apart.name} is in an AFFINED rule but the role policy is ANTI_AFFINED`);
  }
  // Two roles may not be both together and apart; rules that share a role join what they bind.
  const groups = affined.reduce<Role[][]>((joined, { roles }) => {
    const touching = joined.filter((other) => other.some((role) => roles.includes(role)));
    return [...joined.filter((other) => !touching.includes(other)), [...new Set([...roles, ...touching.flat()])]];
  }, []);
  const clash = groups
    .flatMap((together) => anti.map(({ roles }) => roles.filter((role) => together.includes(role))))
    .find((both) => both.length > 1);
  if (clash === undefined) return;
  const names = clash.sort((a, b) => a.id - b.id).map((role) => role.name);
  throw action(`Roles defined in AFFINED and ANTI_AFFINED rules: ${names.join(" ")}`);
}

function allocate(context: CallContext, params: Params): number {
  const given = template(params.string(0));
  authorize(context, ["CREATE", { type: "VMGROUP" }]);
  const { name, rest } = takeName(given);
  const group: Group = { template: without(rest, "ROLE"), data: { roles: [], nextRole: 0 } };
  const roles = vectors(rest, "ROLE");
  try {
    if (name === "") throw action("No NAME in template for VM group.");
    if (roles.length > MAX_ROLES) throw action("Maximum number of roles in a VM Group reached");
    for (const role of roles) addRole(group, role);
    check(group);
  } catch (error) {
    throw error instanceof Failure ? new Failure(Code.INTERNAL, error.message) : error;
  }
  return create(context, "vmgroup", { name, ...group }).id;
}

const vmsOf = (context: CallContext, group: Entity<"vmgroup">): number =>
  group.data.roles.reduce((sum, role) => sum + roleVms(context.state, group.id, role.name).length, 0);

UPDATE_GUARDS.vmgroup = (context, group) => {
  const vms = vmsOf(context, group);
  return vms === 0 ? undefined : `Cannot update template. VM Group has ${vms} VMs`;
};
AFTER_UPDATE.vmgroup = (_context, group) => {
  group.template = without(group.template, "ROLE");
  try {
    check(group);
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    throw new Failure(Code.INTERNAL, `Cannot update template. ${error.message}`);
  }
};

/** A change of a group's roles, after which its rules must still hold. */
const change =
  (
    textAt: number | undefined,
    apply: (context: CallContext, group: Entity<"vmgroup">, params: Params) => void,
  ): Method =>
  (context, params) => {
    const id = params.int(0);
    if (textAt !== undefined) params.string(textAt);
    const group = use(context, "vmgroup", id, "MANAGE");
    // Before it is changed, so that a refusal takes the change back.
    context.state.touch("vmgroup", group);
    apply(context, group, params);
    check(group);
    return id;
  };

function givenRole(text: string): Record<string, string> {
  let given: Template;
  try {
    given = template(text);
  } catch (error) {
    throw error instanceof Failure ? action(error.message) : error;
  }
  const [role] = vectors(given, "ROLE");
  if (role === undefined) throw action("No ROLE attribute in template");
  return role;
}

function deleteRole(context: CallContext, group: Entity<"vmgroup">, params: Params): void {
  const roleId = params.int(1);
  const role = group.data.roles.find(({ id }) => id === roleId);
  if (role === undefined) throw action(`Unable to delete role ${roleId}, the role doesn't exists`);
  if (roleVms(context.state, group.id, role.name).length > 0) {
    throw action(`Unable to delete role ${roleId}, the role has assigned VMs `);
  }
  group.data.roles = group.data.roles.filter((other) => other !== role);
}

function updateRole(context: CallContext, group: Entity<"vmgroup">, params: Params): void {
  const roleId = params.int(1);
  const { NAME: name = "", ID: _id, VMS: _vms, ...attributes } = givenRole(params.string(2));
  const role = group.data.roles.find(({ id }) => id === roleId);
  if (role === undefined) throw action(`VMGroup ${group.id} doesn't have role ${roleId}`);
  const which = `VMGroup ${group.id} Role ${roleId}`;
  if (roleVms(context.state, group.id, role.name).length > 0) throw action(`${which} has VMs, unable to update`);
  if (name !== "" && name !== role.name && group.data.roles.some((other) => other.name === name)) {
    throw action(`${which} can not update name, role with name ${name} already exists`);
  }
  if (name !== "") role.name = name;
  role.attributes = { ...role.attributes, ...attributes };
}

export const vmGroupMethods: Methods = {
  "one.vmgroup.allocate": allocate,
  "one.vmgroup.roleadd": change(1, (_context, group, params) => addRole(group, givenRole(params.string(1)))),
  "one.vmgroup.roledelete": change(undefined, deleteRole),
  "one.vmgroup.roleupdate": change(2, updateRole),
};
