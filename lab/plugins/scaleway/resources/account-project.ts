// SPDX-License-Identifier: Apache-2.0
import type { Accountv3 } from "@scaleway/sdk-account";

import { timestamp } from "../api/wire";
import type { Wire } from "../api/wire";
import type { ResourceDefinition } from "../core/resource";
import { either, optional } from "../core/schema";
import { text } from "../core/values";
import { chosenOrganization, ignoringGone, name, patchOf, times } from "./common";

type Project = Wire<Accountv3.Project>;
const PATH = "/account/v3/projects";

export const accountProject: ResourceDefinition = {
  token: "scaleway:account/project:Project",
  schema: {
    createdAt: times.createdAt,
    description: optional(),
    name,
    organizationId: either({ forceNew: true }),
    updatedAt: times.updatedAt,
  },

  async create(planned, call) {
    const made = await call.api.post<Project>(PATH, {
      name: text(planned.name),
      organization_id: chosenOrganization(planned, call.defaults),
      description: text(planned.description),
    });
    call.created(made.id);
  },

  async read(id, call) {
    const project = await call.api.get<Project>(`${PATH}/${id}`);
    return {
      createdAt: timestamp(project.created_at),
      description: project.description,
      name: project.name,
      organizationId: project.organization_id,
      updatedAt: timestamp(project.updated_at),
    };
  },

  async update(id, change, call) {
    const body = patchOf(change, { name: "name", description: "description" });
    if (Object.keys(body).length > 0) await call.api.patch(`${PATH}/${id}`, body);
  },

  delete: (id, _prior, call) => ignoringGone(call.api.delete(`${PATH}/${id}`)),
};
