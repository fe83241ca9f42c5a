// SPDX-License-Identifier: Apache-2.0
import type { Iamv1alpha1 } from "@scaleway/sdk-iam";

import type { PropertyMap } from "../../../../provider/grpc/provider";
import { timestamp } from "../api/wire";
import type { Wire } from "../api/wire";
import type { Call, ResourceDefinition } from "../core/resource";
import { either, optional, tags } from "../core/schema";
import { flag, text, texts } from "../core/values";
import { refuseNoUuid } from "../locality";
import { chosenOrganization, ignoringGone, name, times } from "./common";

type Group = Wire<Iamv1alpha1.Group>;
const PATH = "/iam/v1alpha1/groups";

function membersOf(planned: PropertyMap): { user_ids: string[]; application_ids: string[] } {
  return { user_ids: texts(planned.userIds), application_ids: texts(planned.applicationIds) };
}

/** The API refuses an empty set of members: the last ones are removed one by one. */
async function setMembers(group: Group, planned: PropertyMap, call: Call): Promise<void> {
  const members = membersOf(planned);
  if (members.user_ids.length + members.application_ids.length > 0) {
    await call.api.put(`${PATH}/${group.id}/members`, members);
    return;
  }
  for (const id of group.application_ids) {
    await call.api.post(`${PATH}/${group.id}/remove-member`, { application_id: id });
  }
  for (const id of group.user_ids) await call.api.post(`${PATH}/${group.id}/remove-member`, { user_id: id });
}

export const iamGroup: ResourceDefinition = {
  token: "scaleway:iam/group:Group",
  schema: {
    applicationIds: { kind: "set", optional: true, element: { refuse: refuseNoUuid } },
    createdAt: times.createdAt,
    description: optional(),
    externalMembership: optional({ kind: "bool", default: false }),
    name,
    organizationId: either(),
    tags,
    updatedAt: times.updatedAt,
    userIds: { kind: "set", optional: true, element: { refuse: refuseNoUuid } },
  },

  async create(planned, call) {
    const made = await call.api.post<Group>(PATH, {
      organization_id: chosenOrganization(planned, call.defaults),
      name: text(planned.name),
      description: text(planned.description),
      tags: texts(planned.tags),
    });
    call.created(made.id);
    const members = membersOf(planned);
    if (!flag(planned.externalMembership) && members.user_ids.length + members.application_ids.length > 0) {
      await setMembers(made, planned, call);
    }
  },

  async read(id, call, prior) {
    const group = await call.api.get<Group>(`${PATH}/${id}`);
    return {
      createdAt: timestamp(group.created_at),
      description: group.description,
      name: group.name,
      organizationId: group.organization_id,
      tags: group.tags,
      updatedAt: timestamp(group.updated_at),
      ...(flag(prior.externalMembership)
        ? {}
        : { applicationIds: [...group.application_ids].sort(), userIds: [...group.user_ids].sort() }),
    };
  },

  async update(id, change, call) {
    const group = await call.api.get<Group>(`${PATH}/${id}`);
    if (change.has("name", "description", "tags")) {
      await call.api.patch(`${PATH}/${id}`, {
        name: text(change.planned.name),
        description: text(change.planned.description),
        tags: texts(change.planned.tags),
      });
    }
    if (!flag(change.planned.externalMembership) && change.has("applicationIds", "userIds")) {
      await setMembers(group, change.planned, call);
    }
  },

  delete: (id, _prior, call) => ignoringGone(call.api.delete(`${PATH}/${id}`)),
};
