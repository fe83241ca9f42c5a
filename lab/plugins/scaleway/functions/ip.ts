// SPDX-License-Identifier: Apache-2.0
import type { Ipamv1 } from "@scaleway/sdk-ipam";

import type { PropertyMap } from "../../../../provider/grpc/provider";
import type { Wire } from "../api/wire";
import type { Call, FunctionDefinition } from "../core/resource";
import { isObject, text } from "../core/values";
import { optionalPlainId } from "../locality";
import { getIpamIp, ipsPath, withoutLength } from "../resources/ipam-ip";
import { regional } from "./common";

type Ip = Pick<Wire<Ipamv1.IP>, "id" | "address">;

/** An address may be on its way: pauses between looks while there is no match. */
const PAUSES = [0.5, 1, 2];

async function search(args: PropertyMap, inRegion: string, call: Call): Promise<Ip> {
  const resource = isObject(args.resource) ? args.resource : {};
  const type = text(args.type);
  for (let look = 0; ; look++) {
    const ips = await call.api.pages<Ip>(ipsPath(inRegion), "ips", {
      order_by: "created_at_desc",
      project_id: text(args.projectId) || undefined,
      private_network_id: optionalPlainId(args.privateNetworkId),
      resource_id: optionalPlainId(resource.id),
      resource_name: text(resource.name) || undefined,
      resource_type: text(resource.type) || "unknown_type",
      mac_address: text(args.macAddress) || undefined,
      is_ipv6: type === "" ? undefined : type === "ipv6",
    });
    const [first, ...others] = ips;
    if (first && others.length === 0) return first;
    if (first) throw new Error("more than one ip found with given filter");
    const pause = PAUSES[look];
    if (pause === undefined) throw new Error("no ip found with given filters");
    await call.sleep(pause);
  }
}

export const getIp: FunctionDefinition = {
  token: "scaleway:ipam/getIp:getIp",
  async call(args, call) {
    const { inRegion, id } = regional(args, text(args.ipamIpId), call);
    const ip = id ? await getIpamIp(call, inRegion, id) : await search(args, inRegion, call);
    return {
      ...args,
      ...(isObject(args.resource) ? { resource: { id: "", name: "", ...args.resource } } : {}),
      address: withoutLength(ip.address),
      addressCidr: ip.address,
      id: ip.id,
    };
  },
};
