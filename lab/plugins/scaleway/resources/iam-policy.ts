// SPDX-License-Identifier: Apache-2.0
import type { Iamv1alpha1 } from "@scaleway/sdk-iam";

import type { PropertyMap } from "../../../../provider/grpc/provider";
import { timestamp } from "../api/wire";
import type { Wire } from "../api/wire";
import type { ResourceDefinition } from "../core/resource";
import { either, given, optional, output, tags } from "../core/schema";
import type { Property } from "../core/schema";
import { flag, objects, text, texts } from "../core/values";
import { chosenOrganization, ignoringGone, name, patchOf, times } from "./common";

type Policy = Wire<Iamv1alpha1.Policy>;
type Rule = Wire<Iamv1alpha1.Rule>;
const PATH = "/iam/v1alpha1/policies";
const RULES = "/iam/v1alpha1/rules";

/** In the order in which the real provider lists its refusals. */
const PRINCIPALS = { userId: "user_id", groupId: "group_id", applicationId: "application_id" } as const;
const exactlyOneOf = ["userId", "groupId", "applicationId", "noPrincipal"];
const principal: Property = optional({ exactlyOneOf });

function ruleBodies(planned: PropertyMap): object[] {
  return objects(planned.rules).map((rule) => ({
    permission_set_names: texts(rule.permissionSetNames),
    condition: text(rule.condition),
    ...(text(rule.organizationId) ? { organization_id: text(rule.organizationId) } : {}),
    ...(texts(rule.projectIds).length > 0 ? { project_ids: texts(rule.projectIds) } : {}),
  }));
}

function principalBody(planned: PropertyMap): Record<string, unknown> {
  const body: Record<string, unknown> = {};
  for (const [property, field] of Object.entries(PRINCIPALS)) {
    if (text(planned[property])) body[field] = text(planned[property]);
  }
  if (flag(planned.noPrincipal)) body.no_principal = true;
  return body;
}

export const iamPolicy: ResourceDefinition = {
  token: "scaleway:iam/policy:Policy",
  schema: {
    userId: principal,
    groupId: principal,
    applicationId: principal,
    noPrincipal: { ...principal, kind: "bool" },
    createdAt: times.createdAt,
    description: optional(),
    editable: output({ kind: "bool" }),
    name,
    organizationId: either(),
    rules: given({
      kind: "block",
      internalName: "rule",
      fields: {
        condition: optional(),
        organizationId: optional(),
        permissionSetNames: given({ kind: "set" }),
        projectIds: optional({ kind: "list" }),
      },
    }),
    tags,
    updatedAt: times.updatedAt,
  },

  async create(planned, call) {
    const made = await call.api.post<Policy>(PATH, {
      name: text(planned.name),
      description: text(planned.description),
      organization_id: chosenOrganization(planned, call.defaults),
      rules: ruleBodies(planned),
      tags: texts(planned.tags),
      ...principalBody(planned),
    });
    call.created(made.id);
  },

  async read(id, call) {
    const policy = await call.api.get<Policy>(`${PATH}/${id}`);
    const { rules } = await call.api.get<{ rules: Rule[] }>(RULES, { policy_id: id });
    return {
      applicationId: policy.application_id ?? null,
      createdAt: timestamp(policy.created_at),
      description: policy.description,
      editable: policy.editable,
      groupId: policy.group_id ?? null,
      name: policy.name,
      noPrincipal: policy.no_principal ?? false,
      organizationId: policy.organization_id,
      rules: rules.map((rule) => ({
        condition: rule.condition,
        organizationId: rule.organization_id ?? "",
        permissionSetNames: [...(rule.permission_set_names ?? [])].sort(),
        projectIds: rule.project_ids ?? [],
      })),
      tags: policy.tags,
      updatedAt: timestamp(policy.updated_at),
      userId: policy.user_id ?? null,
    };
  },

  async update(id, change, call) {
    const body = patchOf(change, { name: "name", description: "description", tags: "tags" });
    if (change.has(...exactlyOneOf))
      Object.assign(body, principalBody(onlyChanged(change.planned, (one) => change.has(one))));
    if (Object.keys(body).length > 0) await call.api.patch(`${PATH}/${id}`, body);
    if (change.has("rules")) await call.api.put(RULES, { policy_id: id, rules: ruleBodies(change.planned) });
  },

  delete: (id, _prior, call) => ignoringGone(call.api.delete(`${PATH}/${id}`)),
};

function onlyChanged(planned: PropertyMap, isChanged: (name: string) => boolean): PropertyMap {
  return Object.fromEntries(Object.entries(planned).filter(([property]) => isChanged(property)));
}
