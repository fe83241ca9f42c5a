// SPDX-License-Identifier: Apache-2.0
import { Flexibleipv1alpha1 } from "@scaleway/sdk-flexibleip";

import { isStatus } from "../api/errors";
import { timestamp } from "../api/wire";
import type { Wire } from "../api/wire";
import type { Call, ResourceDefinition } from "../core/resource";
import { either, optional, output, tags } from "../core/schema";
import { flag, text, texts } from "../core/values";
import { fullId, optionalPlainId, plainId, splitId } from "../locality";
import { chosenProject, chosenZone, organizationId, patchOf, projectId, times, zone } from "./common";

/** Answered with nulls where the model says "absent". */
export type FlexibleIp = Omit<Wire<Flexibleipv1alpha1.FlexibleIP>, "server_id" | "mac_address"> & {
  server_id: string | null;
  mac_address: Wire<Flexibleipv1alpha1.MACAddress> | null;
};

const POLL_SECONDS = 5;
const DEADLINE_SECONDS = 60;

export function fipsPath(inZone: string): string {
  return `/flexible-ip/v1alpha1/zones/${inZone}/fips`;
}

/** Reads the address until neither it nor its MAC address is on its way to another state. */
export function settledFlexibleIp(call: Call, inZone: string, id: string): Promise<FlexibleIp> {
  const isTransient = (status: string, of: readonly string[]): boolean => of.includes(status);
  return call.wait({
    what: "FlexibleIP",
    errorPrefix: "scaleway-sdk-go: waiting for FlexibleIP failed: ",
    intervalSeconds: POLL_SECONDS,
    deadlineSeconds: DEADLINE_SECONDS,
    poll: () => call.api.get<FlexibleIp>(`${fipsPath(inZone)}/${id}`),
    done: (ip) =>
      !isTransient(ip.status, Flexibleipv1alpha1.FLEXIBLE_IP_TRANSIENT_STATUSES) &&
      !(ip.mac_address && isTransient(ip.mac_address.status, Flexibleipv1alpha1.MAC_ADDRESS_TRANSIENT_STATUSES)),
  });
}

function withLength(address: string): string {
  return address.includes("/") ? address : `${address}/${address.includes(":") ? "128" : "32"}`;
}

export const flexibleIp: ResourceDefinition = {
  token: "scaleway:elasticmetal/ip:Ip",
  schema: {
    createdAt: times.createdAt,
    description: optional(),
    ipAddress: output(),
    isIpv6: optional({ kind: "bool", default: false, forceNew: true }),
    organizationId,
    projectId,
    reverse: either(),
    serverId: optional(),
    status: output(),
    tags,
    updatedAt: times.updatedAt,
    zone,
  },

  async create(planned, call) {
    const inZone = chosenZone(planned, call.defaults);
    const made = await call.api.post<FlexibleIp>(fipsPath(inZone), {
      project_id: chosenProject(planned, call.defaults),
      description: text(planned.description),
      tags: texts(planned.tags),
      server_id: optionalPlainId(planned.serverId),
      reverse: text(planned.reverse) || undefined,
      is_ipv6: flag(planned.isIpv6),
    });
    call.created(fullId(inZone, made.id));
    await settledFlexibleIp(call, inZone, made.id);
  },

  async read(id, call) {
    const { locality, id: ipId } = splitId(id);
    await settledFlexibleIp(call, locality, ipId);
    const ip = await call.api.get<FlexibleIp>(`${fipsPath(locality)}/${ipId}`);
    return {
      createdAt: timestamp(ip.created_at),
      ipAddress: withLength(ip.ip_address),
      organizationId: ip.organization_id,
      projectId: ip.project_id,
      reverse: ip.reverse,
      serverId: ip.server_id ? fullId(locality, ip.server_id) : "",
      status: ip.status,
      tags: ip.tags,
      updatedAt: timestamp(ip.updated_at),
      zone: ip.zone,
    };
  },

  async update(id, change, call) {
    const { locality, id: ipId } = splitId(id);
    const path = fipsPath(locality);
    await settledFlexibleIp(call, locality, ipId);
    const body = patchOf(change, { description: "description", tags: "tags", reverse: "reverse" });
    if (Object.keys(body).length > 0) await call.api.patch(`${path}/${ipId}`, body);
    if (change.has("serverId")) {
      const server = plainId(text(change.planned.serverId));
      if (server) await call.api.post(`${path}/attach`, { fips_ids: [ipId], server_id: server });
      else await call.api.post(`${path}/detach`, { fips_ids: [ipId] });
    }
    await settledFlexibleIp(call, locality, ipId);
  },

  async delete(id, _prior, call) {
    const { locality, id: ipId } = splitId(id);
    await settledFlexibleIp(call, locality, ipId);
    await call.api.delete(`${fipsPath(locality)}/${ipId}`);
    try {
      await settledFlexibleIp(call, locality, ipId);
    } catch (error) {
      // The API answers 403, not 404, for an address that is gone.
      if (!isStatus(error, 403, 404)) throw error;
    }
  },
};
