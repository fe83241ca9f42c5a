// SPDX-License-Identifier: Apache-2.0
import type { Iamv1alpha1 } from "@scaleway/sdk-iam";

import { timestamp } from "../api/wire";
import type { Wire } from "../api/wire";
import type { ResourceDefinition } from "../core/resource";
import { either, optional, output } from "../core/schema";
import { text } from "../core/values";
import { ignoringGone, patchOf, times } from "./common";

type ApiKey = Wire<Iamv1alpha1.APIKey>;
const PATH = "/iam/v1alpha1/api-keys";

/** The secret exists in the answer to the create only. */
const secrets = new WeakMap<object, string>();

const sameInstant = (old: string, next: string): boolean =>
  old !== "" && next !== "" && new Date(old).getTime() === new Date(next).getTime();

export const iamApiKey: ResourceDefinition = {
  token: "scaleway:iam/apiKey:ApiKey",
  schema: {
    accessKey: output(),
    applicationId: optional({ forceNew: true, conflictsWith: ["userId"] }),
    createdAt: times.createdAt,
    creationIp: output(),
    defaultProjectId: either({ forceNew: true }),
    description: optional(),
    editable: output({ kind: "bool" }),
    expiresAt: optional({ forceNew: true, rules: { same: sameInstant } }),
    secretKey: output({ secret: true }),
    updatedAt: times.updatedAt,
    userId: optional({ conflictsWith: ["applicationId"] }),
  },

  async create(planned, call) {
    const made = await call.api.post<ApiKey>(PATH, {
      application_id: text(planned.applicationId) || undefined,
      user_id: text(planned.userId) || undefined,
      expires_at: text(planned.expiresAt) || undefined,
      default_project_id: text(planned.defaultProjectId) || undefined,
      description: text(planned.description),
    });
    call.created(made.access_key);
    secrets.set(call, made.secret_key ?? "");
  },

  async read(id, call) {
    const key = await call.api.get<ApiKey>(`${PATH}/${id}`);
    const secretKey = secrets.get(call);
    return {
      accessKey: key.access_key,
      applicationId: key.application_id ?? null,
      createdAt: timestamp(key.created_at),
      creationIp: key.creation_ip,
      defaultProjectId: key.default_project_id,
      description: key.description,
      editable: key.editable,
      expiresAt: timestamp(key.expires_at),
      updatedAt: timestamp(key.updated_at),
      userId: key.user_id ?? null,
      ...(secretKey === undefined ? {} : { secretKey }),
    };
  },

  async update(id, change, call) {
    const body = patchOf(change, { description: "description", defaultProjectId: "default_project_id" });
    if (Object.keys(body).length > 0) await call.api.patch(`${PATH}/${id}`, body);
  },

  delete: (id, _prior, call) => ignoringGone(call.api.delete(`${PATH}/${id}`)),
};
