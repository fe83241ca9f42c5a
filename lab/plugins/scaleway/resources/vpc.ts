// SPDX-License-Identifier: Apache-2.0
import type { Vpcv2 } from "@scaleway/sdk-vpc";

import type { PropertyMap } from "../../../../provider/grpc/provider";
import { timestamp } from "../api/wire";
import type { Wire } from "../api/wire";
import type { Call, ResourceDefinition } from "../core/resource";
import { either, output, tags } from "../core/schema";
import { flag, text, texts } from "../core/values";
import { fullId, splitId } from "../locality";
import { chosenProject, chosenRegion, name, organizationId, patchOf, projectId, region, times } from "./common";

/** Newer than the SDK's model: whether routes of other VPCs may pass through. */
type Vpc = Wire<Vpcv2.VPC> & { transitivity_enabled?: boolean };

export function vpcProperties(vpc: Vpc): PropertyMap {
  return {
    createdAt: timestamp(vpc.created_at),
    enableCustomRoutesPropagation: vpc.custom_routes_propagation_enabled,
    enableRouting: vpc.routing_enabled,
    enableTransitivity: vpc.transitivity_enabled ?? false,
    isDefault: vpc.is_default,
    name: vpc.name,
    organizationId: vpc.organization_id,
    projectId: vpc.project_id,
    region: vpc.region,
    srn: `srn://vpc.scw.eu/regions/${vpc.region}/vpcs/${vpc.id}`,
    // An empty list is not told at all: what was planned stays.
    ...(vpc.tags.length > 0 ? { tags: vpc.tags } : {}),
    updatedAt: timestamp(vpc.updated_at),
  };
}

export function vpcsPath(inRegion: string): string {
  return `/vpc/v2/regions/${inRegion}/vpcs`;
}

export function getVpc(call: Call, inRegion: string, id: string): Promise<Vpc> {
  return call.api.get<Vpc>(`${vpcsPath(inRegion)}/${id}`);
}

export const vpc: ResourceDefinition = {
  token: "scaleway:network/vpc:Vpc",
  schema: {
    createdAt: times.createdAt,
    enableCustomRoutesPropagation: either({ kind: "bool" }),
    enableRouting: either({ kind: "bool" }),
    enableTransitivity: either({ kind: "bool", forceNew: true }),
    isDefault: output({ kind: "bool" }),
    name,
    organizationId,
    projectId,
    region,
    srn: output(),
    tags,
    updatedAt: times.updatedAt,
  },

  plan(change) {
    const disabled = (property: string): boolean =>
      change.prior[property] === true && change.wanted[property] === false;
    if (disabled("enableRouting")) return Promise.reject(new Error("routing cannot be disabled on this VPC"));
    if (disabled("enableCustomRoutesPropagation")) {
      return Promise.reject(new Error("custom routes propagation cannot be disabled on this VPC"));
    }
    return Promise.resolve();
  },

  async create(planned, call) {
    const inRegion = chosenRegion(planned, call.defaults);
    const made = await call.api.post<Vpc>(vpcsPath(inRegion), {
      name: text(planned.name),
      project_id: chosenProject(planned, call.defaults),
      tags: texts(planned.tags),
      enable_routing: flag(planned.enableRouting),
      enable_transitivity: flag(planned.enableTransitivity),
    });
    call.created(fullId(inRegion, made.id));
    if (flag(planned.enableCustomRoutesPropagation)) {
      await call.api.post(`${vpcsPath(inRegion)}/${made.id}/enable-custom-routes-propagation`, {});
    }
  },

  async read(id, call) {
    const { locality, id: vpcId } = splitId(id);
    return vpcProperties(await getVpc(call, locality, vpcId));
  },

  async update(id, change, call) {
    const { locality, id: vpcId } = splitId(id);
    const path = `${vpcsPath(locality)}/${vpcId}`;
    const body = patchOf(change, { name: "name", tags: "tags" });
    if (Object.keys(body).length > 0) await call.api.patch(path, body);
    if (change.has("enableRouting") && flag(change.planned.enableRouting)) {
      await call.api.post(`${path}/enable-routing`, {});
    }
    if (change.has("enableCustomRoutesPropagation") && flag(change.planned.enableCustomRoutesPropagation)) {
      await call.api.post(`${path}/enable-custom-routes-propagation`, {});
    }
  },

  async delete(id, _prior, call) {
    const { locality, id: vpcId } = splitId(id);
    await call.api.delete(`${vpcsPath(locality)}/${vpcId}`);
  },
};
