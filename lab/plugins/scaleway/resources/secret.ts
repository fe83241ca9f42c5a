// SPDX-License-Identifier: Apache-2.0
import type { PropertyMap } from "../../../../provider/grpc/provider";
import { isStatus } from "../api/errors";
import { timestamp } from "../api/wire";
import type { Call, ResourceDefinition } from "../core/resource";
import { optional, output, tags } from "../core/schema";
import type { Property } from "../core/schema";
import { flag, text, texts } from "../core/values";
import { fullId, splitId } from "../locality";
import { chosenProject, chosenRegion, ignoringGone, name, patchOf, projectId, region, times } from "./common";

/** The API's answer, as far as the provider shows it. */
interface Secret {
  id: string;
  project_id: string;
  name: string;
  status: string;
  created_at: string;
  updated_at: string;
  tags: string[];
  version_count: number;
  description: string;
  type: string;
  protected: boolean;
  path: string;
  region: string;
}

export interface Version {
  revision: number;
  secret_id: string;
  status: string;
  created_at: string;
  updated_at: string;
  description: string;
  latest: boolean;
  region: string;
}

const TYPES = ["opaque", "certificate", "key_value", "basic_credentials", "database_credentials", "ssh_key"];

function refuseOtherType(value: string, path: string): string | undefined {
  if (TYPES.includes(value)) return undefined;
  return `expected ${path} to be one of [${TYPES.map((type) => `"${type}"`).join(" ")}], got ${value}`;
}

function refuseNoDuration(value: string): string | undefined {
  return /^(\d+(\.\d+)?(ns|us|ms|s|m|h))+$/.test(value) ? undefined : "invalid input, expected a valid duration";
}

const ephemeralPolicies: Property = {
  kind: "block",
  optional: true,
  internalName: "ephemeral_policy",
  fields: {
    action: { kind: "string", required: true },
    expiresOnceAccessed: optional({ kind: "bool" }),
    ttl: optional({ rules: { refuse: refuseNoDuration } }),
  },
};

const versions: Property = {
  kind: "block",
  computed: true,
  fields: {
    createdAt: output(),
    description: output(),
    latest: output({ kind: "bool" }),
    revision: output(),
    secretId: output(),
    status: output(),
    updatedAt: output(),
  },
};

export function secretsPath(inRegion: string): string {
  return `/secret-manager/v1beta1/regions/${inRegion}/secrets`;
}

/** Pauses and attempts of what the real provider repeats with this product: a 403 of a create, a 404 of a read. */
const PAUSE_SECONDS = 2;
const READS = 16;

/** A secret that was just made is not seen everywhere at once: only what stays away for half a minute is gone. */
export async function seen<T>(call: Call, path: string): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await call.api.get<T>(path);
    } catch (error) {
      if (!isStatus(error, 404) || attempt === READS) throw error;
    }
    await call.sleep(PAUSE_SECONDS);
  }
}

async function made(call: Call, path: string, body: object): Promise<Secret> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await call.api.post<Secret>(path, body);
    } catch (error) {
      if (!isStatus(error, 403) || attempt === READS) throw error;
    }
    await call.sleep(PAUSE_SECONDS);
  }
}

function versionProperties(version: Version): PropertyMap {
  return {
    createdAt: timestamp(version.created_at),
    description: version.description,
    latest: version.latest,
    revision: String(version.revision),
    secretId: version.secret_id,
    status: version.status,
    updatedAt: timestamp(version.updated_at),
  };
}

export const secret: ResourceDefinition = {
  token: "scaleway:secrets/secret:Secret",
  schema: {
    createdAt: times.createdAt,
    description: optional(),
    ephemeralPolicies,
    name,
    path: optional({ default: "/", fillsDefault: true }),
    projectId,
    protected: optional({ kind: "bool" }),
    region,
    srn: output(),
    status: output(),
    tags,
    type: optional({
      default: "opaque",
      fillsDefault: true,
      importsDefault: true,
      forceNew: true,
      rules: { refuse: refuseOtherType },
    }),
    updatedAt: times.updatedAt,
    versionCount: output({ kind: "int" }),
    versions,
  },

  async create(planned, call) {
    const inRegion = chosenRegion(planned, call.defaults);
    const answer = await made(call, secretsPath(inRegion), {
      project_id: chosenProject(planned, call.defaults),
      name: text(planned.name),
      tags: texts(planned.tags).length > 0 ? texts(planned.tags) : null,
      ...(text(planned.description) ? { description: text(planned.description) } : {}),
      type: text(planned.type),
      path: text(planned.path),
      protected: flag(planned.protected),
    });
    call.created(fullId(inRegion, answer.id));
  },

  async read(id, call) {
    const { locality, id: secretId } = splitId(id);
    const path = `${secretsPath(locality)}/${secretId}`;
    const answer = await seen<Secret>(call, path);
    const held = await call.api.pages<Version>(`${path}/versions`, "versions", {});
    return {
      createdAt: timestamp(answer.created_at),
      description: answer.description,
      ephemeralPolicies: [],
      name: answer.name,
      path: answer.path,
      projectId: answer.project_id,
      protected: answer.protected,
      region: answer.region,
      srn: `srn://secret-manager.scw.eu/regions/${answer.region}/secrets/${answer.id}`,
      status: answer.status,
      tags: answer.tags,
      type: answer.type,
      updatedAt: timestamp(answer.updated_at),
      versionCount: answer.version_count,
      versions: held.map(versionProperties),
    };
  },

  async update(id, change, call) {
    const { locality, id: secretId } = splitId(id);
    const path = `${secretsPath(locality)}/${secretId}`;
    const body = patchOf(change, { name: "name", description: "description", path: "path", tags: "tags" });
    if (Object.keys(body).length > 0) await call.api.patch(path, body);
    if (!change.has("protected")) return;
    const wanted = flag(change.planned.protected);
    if ((await call.api.get<Secret>(path)).protected !== wanted) {
      await call.api.post(`${path}/${wanted ? "protect" : "unprotect"}`, {});
    }
  },

  async delete(id, _prior, call) {
    const { locality, id: secretId } = splitId(id);
    await ignoringGone(call.api.delete(`${secretsPath(locality)}/${secretId}`));
  },
};
