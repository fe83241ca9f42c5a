// SPDX-License-Identifier: Apache-2.0
import { isIP } from "node:net";

import type { Ipamv1 } from "@scaleway/sdk-ipam";

import type { PropertyMap } from "../../../../provider/grpc/provider";
import { isStatus } from "../api/errors";
import { timestamp } from "../api/wire";
import type { Wire } from "../api/wire";
import type { Call, ResourceDefinition } from "../core/resource";
import { either, given, optional, output, tags } from "../core/schema";
import { flag, objects, text, texts } from "../core/values";
import { fullId, optionalPlainId, splitId } from "../locality";
import { chosenProject, chosenRegion, projectId, region, sameId, times } from "./common";
import { getNetwork } from "./private-network";

/** Answered with nulls where the model says "absent". */
type Ip = Omit<Wire<Ipamv1.IP>, "resource" | "zone"> & {
  resource: Wire<Ipamv1.Resource> | null;
  zone: string | null;
};

const MAC = /^([0-9a-f]{2}[:-]){5}[0-9a-f]{2}$/i;

export function ipsPath(inRegion: string): string {
  return `/ipam/v1/regions/${inRegion}/ips`;
}

export function getIpamIp(call: Call, inRegion: string, id: string): Promise<Ip> {
  return call.api.get<Ip>(`${ipsPath(inRegion)}/${id}`);
}

export function withoutLength(address: string): string {
  return address.replace(/\/\d+$/, "");
}

function refuseNoAddress(value: string, path: string): string | undefined {
  return isIP(withoutLength(value)) ? undefined : `expected ${path} to contain a valid IP, got: ${value}`;
}

function refuseNoMac(value: string, path: string): string | undefined {
  if (MAC.test(value)) return undefined;
  return `expected "${path}" to be a valid MAC address, got ${value}: address ${value}: invalid MAC address`;
}

/**
 * The API answers the subnet only; the real provider looks the Private Network up that the program named and keeps it in the
 * state as a plain id. An imported address has no such name.
 */
async function sourceProperties(ip: Ip, call: Call, prior: PropertyMap): Promise<PropertyMap[]> {
  const network = optionalPlainId(objects(prior.sources)[0]?.privateNetworkId);
  const source: PropertyMap = {
    privateNetworkId: ip.source?.private_network_id ?? "",
    subnetId: ip.source?.subnet_id ?? "",
    zonal: ip.source?.zonal ?? "",
  };
  if (network !== undefined) {
    const found = await getNetwork(call, ip.region, network);
    if (found.subnets.some((subnet) => subnet.id === ip.source?.subnet_id)) source.privateNetworkId = network;
  }
  return [source];
}

function customResource(value: PropertyMap | undefined): Record<string, string> | null {
  if (value === undefined) return null;
  const label = text(value.name);
  return { mac_address: text(value.macAddress), ...(label ? { name: label } : {}) };
}

export const ipamIp: ResourceDefinition = {
  token: "scaleway:ipam/ip:Ip",
  schema: {
    address: either({
      forceNew: true,
      rules: { refuse: refuseNoAddress, same: (old, next) => withoutLength(old) === withoutLength(next) },
    }),
    addressCidr: output(),
    createdAt: times.createdAt,
    customResources: {
      kind: "block",
      optional: true,
      internalName: "custom_resource",
      fields: {
        macAddress: given({ rules: { refuse: refuseNoMac } }),
        name: optional(),
      },
    },
    isIpv6: optional({ kind: "bool", default: false, forceNew: true }),
    projectId,
    region,
    resources: output({
      kind: "block",
      fields: { id: output(), macAddress: output(), name: output(), type: output() },
    }),
    reverses: output({ kind: "block", fields: { address: output(), hostname: output() } }),
    sources: given({
      kind: "block",
      internalName: "source",
      fields: {
        privateNetworkId: either({ rules: { same: sameId } }),
        subnetId: either({ rules: { same: sameId } }),
        zonal: either(),
      },
    }),
    tags,
    updatedAt: times.updatedAt,
    zone: output(),
  },

  async create(planned, call) {
    const inRegion = chosenRegion(planned, call.defaults);
    const source = objects(planned.sources)[0] ?? {};
    const custom = customResource(objects(planned.customResources)[0]);
    const made = await call.api.post<Ip>(ipsPath(inRegion), {
      project_id: chosenProject(planned, call.defaults),
      source: {
        zonal: text(source.zonal) || undefined,
        private_network_id: optionalPlainId(source.privateNetworkId),
        subnet_id: optionalPlainId(source.subnetId),
      },
      is_ipv6: flag(planned.isIpv6),
      address: text(planned.address) || undefined,
      tags: texts(planned.tags),
      ...(custom ? { resource: custom } : {}),
    });
    call.created(fullId(inRegion, made.id));
  },

  async read(id, call, prior) {
    const { locality, id: ipId } = splitId(id);
    const ip = await getIpamIp(call, locality, ipId);
    return {
      address: withoutLength(ip.address),
      addressCidr: ip.address,
      createdAt: timestamp(ip.created_at),
      isIpv6: ip.is_ipv6,
      projectId: ip.project_id,
      region: ip.region,
      resources: ip.resource
        ? [
            {
              id: ip.resource.id,
              macAddress: ip.resource.mac_address ?? "",
              name: ip.resource.name ?? "",
              type: ip.resource.type,
            },
          ]
        : [],
      reverses: ip.reverses.map((reverse) => ({ address: reverse.address ?? "", hostname: reverse.hostname })),
      sources: await sourceProperties(ip, call, prior),
      ...(ip.tags.length > 0 ? { tags: ip.tags } : {}),
      updatedAt: timestamp(ip.updated_at),
      zone: ip.zone,
    };
  },

  async update(id, change, call) {
    const { locality, id: ipId } = splitId(id);
    const path = `${ipsPath(locality)}/${ipId}`;
    if (change.has("customResources")) {
      const to = customResource(objects(change.planned.customResources)[0]);
      await call.api.post(`${path}/move`, {
        from_resource: customResource(objects(change.prior.customResources)[0]),
        ...(to ? { to_resource: to } : {}),
      });
    }
    if (change.has("tags")) await call.api.patch(path, { tags: texts(change.planned.tags), reverses: null });
  },

  async delete(id, _prior, call) {
    const { locality, id: ipId } = splitId(id);
    try {
      await call.api.delete(`${ipsPath(locality)}/${ipId}`, {});
    } catch (error) {
      if (!isStatus(error, 404)) throw error;
    }
  },
};
