// SPDX-License-Identifier: Apache-2.0
import { flag, text } from "../core/values";
import type { FunctionDefinition } from "../core/resource";
import { fullId, optionalPlainId } from "../locality";
import { getNetwork, networkProperties, networksPath } from "../resources/private-network";
import type { PrivateNetwork } from "../resources/private-network";
import { getVpc as readVpc, vpcProperties, vpcsPath } from "../resources/vpc";
import { onlyNamed, regional } from "./common";

interface Found {
  id: string;
  name: string;
}

export const getVpc: FunctionDefinition = {
  token: "scaleway:network/getVpc:getVpc",
  async call(args, call) {
    const { inRegion, id } = regional(args, text(args.vpcId), call);
    let vpcId = id;
    if (!vpcId) {
      const isDefault = flag(args.isDefault);
      const name = text(args.name);
      const { vpcs } = await call.api.get<{ vpcs: Found[] }>(vpcsPath(inRegion), {
        order_by: "created_at_asc",
        ...(isDefault ? { is_default: true } : { name }),
        project_id: text(args.projectId) || undefined,
      });
      const [first] = vpcs;
      vpcId = isDefault && first ? first.id : onlyNamed(vpcs, name).id;
    }
    const full = fullId(inRegion, vpcId);
    return { ...vpcProperties(await readVpc(call, inRegion, vpcId)), id: full, vpcId: full };
  },
};

export const getPrivateNetwork: FunctionDefinition = {
  token: "scaleway:network/getPrivateNetwork:getPrivateNetwork",
  async call(args, call) {
    const { inRegion, id } = regional(args, text(args.privateNetworkId), call);
    let networkId = id;
    if (!networkId) {
      const name = text(args.name);
      const answer = await call.api.get<{ private_networks: PrivateNetwork[] }>(networksPath(inRegion), {
        name,
        order_by: "created_at_asc",
        vpc_id: optionalPlainId(args.vpcId),
        project_id: text(args.projectId) || undefined,
      });
      networkId = onlyNamed(answer.private_networks, name).id;
    }
    const { ipv4, ipv6, ...rest } = networkProperties(await getNetwork(call, inRegion, networkId), call);
    const full = fullId(inRegion, networkId);
    return { ...rest, id: full, ipv4Subnets: ipv4, ipv6Subnets: ipv6, privateNetworkId: full };
  },
};
