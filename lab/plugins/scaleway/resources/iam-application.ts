// SPDX-License-Identifier: Apache-2.0
import type { Iamv1alpha1 } from "@scaleway/sdk-iam";

import { timestamp } from "../api/wire";
import type { Wire } from "../api/wire";
import type { ResourceDefinition } from "../core/resource";
import { either, optional, output, tags } from "../core/schema";
import { text, texts } from "../core/values";
import { chosenOrganization, ignoringGone, name, patchOf, times } from "./common";

type Application = Wire<Iamv1alpha1.Application>;
const PATH = "/iam/v1alpha1/applications";

export const iamApplication: ResourceDefinition = {
  token: "scaleway:iam/application:Application",
  schema: {
    createdAt: times.createdAt,
    description: optional(),
    editable: output({ kind: "bool" }),
    name,
    organizationId: either(),
    tags,
    updatedAt: times.updatedAt,
  },

  async create(planned, call) {
    const made = await call.api.post<Application>(PATH, {
      name: text(planned.name),
      organization_id: chosenOrganization(planned, call.defaults),
      description: text(planned.description),
      tags: texts(planned.tags),
    });
    call.created(made.id);
  },

  async read(id, call) {
    const application = await call.api.get<Application>(`${PATH}/${id}`);
    return {
      createdAt: timestamp(application.created_at),
      description: application.description,
      editable: application.editable,
      name: application.name,
      organizationId: application.organization_id,
      tags: application.tags,
      updatedAt: timestamp(application.updated_at),
    };
  },

  async update(id, change, call) {
    const body = patchOf(change, { name: "name", description: "description", tags: "tags" });
    if (Object.keys(body).length > 0) await call.api.patch(`${PATH}/${id}`, body);
  },

  delete: (id, _prior, call) => ignoringGone(call.api.delete(`${PATH}/${id}`)),
};
