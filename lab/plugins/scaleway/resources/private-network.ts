// SPDX-License-Identifier: Apache-2.0
import type { Vpcv2 } from "@scaleway/sdk-vpc";

import type { PropertyMap } from "../../../../provider/grpc/provider";
import { isStatus } from "../api/errors";
import { timestamp } from "../api/wire";
import type { Wire } from "../api/wire";
import type { Call, ResourceDefinition } from "../core/resource";
import { either, output, tags } from "../core/schema";
import type { Property } from "../core/schema";
import { flag, isObject, objects, text, texts } from "../core/values";
import { fullId, optionalPlainId, splitId } from "../locality";
import { chosenProject, chosenRegion, name, organizationId, projectId, region, times } from "./common";

export type PrivateNetwork = Wire<Vpcv2.PrivateNetwork>;

/** Pauses between attempts to delete a network that is still in use: the last answer is the error. */
const STILL_IN_USE_PAUSES = [0.5, 1, 2, 4, 8, 10];

const subnetFields: Property["fields"] = {
  address: output(),
  createdAt: times.createdAt,
  id: output(),
  prefixLength: output({ kind: "int" }),
  srn: output(),
  subnet: either({ forceNew: true, rules: { refuse: refuseNoCidr } }),
  subnetMask: output(),
  updatedAt: times.updatedAt,
};

function refuseNoCidr(value: string, path: string): string | undefined {
  if (/^[0-9a-f:.]+\/\d{1,3}$/i.test(value)) return undefined;
  return `expected ${path} to contain a valid Value, got: ${value} with err: invalid CIDR address: ${value}`;
}

function subnetProperties(subnet: Wire<Vpcv2.Subnet>): PropertyMap {
  const [address = "", bits = "0"] = subnet.subnet.split("/");
  const prefixLength = Number(bits);
  return {
    address,
    createdAt: timestamp(subnet.created_at),
    id: subnet.id,
    prefixLength,
    srn: "",
    subnet: subnet.subnet,
    subnetMask: mask(prefixLength, address.includes(":") ? 16 : 4),
    updatedAt: timestamp(subnet.updated_at),
  };
}

/** Dotted decimal, for IPv6 too: that is how the real provider writes it. */
function mask(prefixLength: number, bytes: number): string {
  return Array.from({ length: bytes }, (_, index) => {
    const bits = Math.min(8, Math.max(0, prefixLength - index * 8));
    return 256 - 2 ** (8 - bits);
  }).join(".");
}

/** Subnets of the two families; `call` gives the zone that the real provider reports although the network has none. */
export function networkProperties(
  network: PrivateNetwork,
  call: Call,
): PropertyMap & { ipv4: PropertyMap[]; ipv6: PropertyMap[] } {
  const isIpv6 = (subnet: Wire<Vpcv2.Subnet>): boolean => subnet.subnet.includes(":");
  return {
    createdAt: timestamp(network.created_at),
    enableDefaultRoutePropagation: network.default_route_propagation_enabled,
    isRegional: true,
    name: network.name,
    organizationId: network.organization_id,
    projectId: network.project_id,
    region: network.region,
    srn: `srn://vpc.scw.eu/regions/${network.region}/private-networks/${network.id}`,
    tags: network.tags,
    updatedAt: timestamp(network.updated_at),
    vpcId: fullId(network.region, network.vpc_id),
    zone: call.defaults.zone,
    ipv4: network.subnets.filter((subnet) => !isIpv6(subnet)).map(subnetProperties),
    ipv6: network.subnets.filter(isIpv6).map(subnetProperties),
  };
}

export function networksPath(inRegion: string): string {
  return `/vpc/v2/regions/${inRegion}/private-networks`;
}

export function getNetwork(call: Call, inRegion: string, id: string): Promise<PrivateNetwork> {
  return call.api.get<PrivateNetwork>(`${networksPath(inRegion)}/${id}`);
}

function wantedSubnets(planned: PropertyMap): string[] | null {
  const single = isObject(planned.ipv4Subnet) ? [planned.ipv4Subnet] : [];
  const subnets = [...single, ...objects(planned.ipv6Subnets)].map((subnet) => text(subnet.subnet)).filter(Boolean);
  return subnets.length > 0 ? subnets : null;
}

export const privateNetwork: ResourceDefinition = {
  token: "scaleway:network/privateNetwork:PrivateNetwork",
  meta: '{"schema_version":"1"}',
  schema: {
    createdAt: times.createdAt,
    enableDefaultRoutePropagation: either({ kind: "bool" }),
    ipv4Subnet: either({ kind: "object", fields: subnetFields }),
    ipv6Subnets: either({
      kind: "blockSet",
      fields: subnetFields,
      identity: (subnet) => text(subnet.subnet),
    }),
    isRegional: either({ kind: "bool" }),
    name,
    organizationId,
    projectId,
    region,
    srn: output(),
    tags,
    updatedAt: times.updatedAt,
    vpcId: either({ forceNew: true }),
    zone: either(),
  },

  async create(planned, call) {
    const inRegion = chosenRegion(planned, call.defaults);
    const made = await call.api.post<PrivateNetwork>(networksPath(inRegion), {
      name: text(planned.name),
      project_id: chosenProject(planned, call.defaults),
      tags: texts(planned.tags),
      subnets: wantedSubnets(planned),
      vpc_id: optionalPlainId(planned.vpcId),
      default_route_propagation_enabled: flag(planned.enableDefaultRoutePropagation),
    });
    call.created(fullId(inRegion, made.id));
  },

  async read(id, call) {
    const { locality, id: networkId } = splitId(id);
    const { ipv4, ipv6, ...rest } = networkProperties(await getNetwork(call, locality, networkId), call);
    return { ...rest, ipv4Subnet: ipv4[0] ?? null, ipv6Subnets: ipv6 };
  },

  async update(id, change, call) {
    const { locality, id: networkId } = splitId(id);
    await call.api.patch(`${networksPath(locality)}/${networkId}`, {
      name: text(change.planned.name),
      tags: texts(change.planned.tags),
      default_route_propagation_enabled: flag(change.planned.enableDefaultRoutePropagation),
    });
  },

  async delete(id, _prior, call) {
    const { locality, id: networkId } = splitId(id);
    for (let attempt = 0; ; attempt++) {
      try {
        await call.api.delete(`${networksPath(locality)}/${networkId}`);
        return;
      } catch (error) {
        if (isStatus(error, 404)) return;
        const pause = STILL_IN_USE_PAUSES[attempt];
        if (!isStatus(error, 412) || pause === undefined) throw error;
        await call.sleep(pause);
      }
    }
  },
};
