// SPDX-License-Identifier: Apache-2.0
import type { Iamv1alpha1 } from "@scaleway/sdk-iam";

import { timestamp } from "../api/wire";
import type { Wire } from "../api/wire";
import type { ResourceDefinition } from "../core/resource";
import { given, optional, output } from "../core/schema";
import { flag, text } from "../core/values";
import { chosenProject, ignoringGone, name, organizationId, patchOf, projectId, times } from "./common";

type SshKey = Wire<Iamv1alpha1.SSHKey>;
const PATH = "/iam/v1alpha1/ssh-keys";

/** The API drops the comment behind the key. */
function withoutComment(key: string): string {
  return key.trim().split(/\s+/).slice(0, 2).join(" ");
}

export const iamSshKey: ResourceDefinition = {
  token: "scaleway:iam/sshKey:SshKey",
  schema: {
    createdAt: times.createdAt,
    disabled: optional({ kind: "bool", default: false }),
    fingerprint: output(),
    name,
    organizationId,
    projectId,
    publicKey: given({
      forceNew: true,
      rules: { same: (old, next) => withoutComment(old) === withoutComment(next) },
    }),
    updatedAt: times.updatedAt,
  },

  async create(planned, call) {
    const made = await call.api.post<SshKey>(PATH, {
      name: text(planned.name),
      public_key: text(planned.publicKey).trim(),
      project_id: chosenProject(planned, call.defaults),
    });
    if (flag(planned.disabled)) await call.api.patch(`${PATH}/${made.id}`, { disabled: true });
    call.created(made.id);
  },

  async read(id, call) {
    const key = await call.api.get<SshKey>(`${PATH}/${id}`);
    return {
      createdAt: timestamp(key.created_at),
      disabled: key.disabled,
      fingerprint: key.fingerprint,
      name: key.name,
      organizationId: key.organization_id,
      projectId: key.project_id,
      publicKey: key.public_key,
      updatedAt: timestamp(key.updated_at),
    };
  },

  async update(id, change, call) {
    for (const body of [patchOf(change, { disabled: "disabled" }), patchOf(change, { name: "name" })]) {
      if (Object.keys(body).length > 0) await call.api.patch(`${PATH}/${id}`, body);
    }
  },

  delete: (id, _prior, call) => ignoringGone(call.api.delete(`${PATH}/${id}`)),
};
