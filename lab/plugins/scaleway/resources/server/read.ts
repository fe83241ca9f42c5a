// SPDX-License-Identifier: Apache-2.0
import type { Ipamv1 } from "@scaleway/sdk-ipam";

import type { PropertyMap } from "../../../../../provider/grpc/provider";
import { isStatus } from "../../api/errors";
import { timestamp } from "../../api/wire";
import type { Wire } from "../../api/wire";
import type { Call } from "../../core/resource";
import { fullId, regionOf } from "../../locality";
import { ipsPath, withoutLength } from "../ipam-ip";
import { getOffer, getOs, getServer, listNetworks } from "./api";
import type { Server, ServerNetwork } from "./api";

type Ip = Wire<Ipamv1.IP>;

/** What the API knows of a server; passwords, host name and partitioning are not among it. */
export async function readServer(call: Call, inZone: string, id: string): Promise<PropertyMap> {
  const server = await getServer(call, inZone, id);
  const offer = await getOffer(call, inZone, server.offer_id);
  const installed = server.install ? await installProperties(call, inZone, server.install) : {};
  const networks = await listNetworks(call, inZone, id);
  const privateIps = await privateAddresses(call, inZone, server, networks);
  const ips = server.ips.map(({ address, id: ipId, reverse, version }) => ({ address, id: ipId, reverse, version }));
  return {
    cloudInit: server.user_data ? Buffer.from(server.user_data, "base64").toString("utf8") : "",
    description: server.description,
    domain: server.domain,
    ips,
    ipv4s: ips.filter((ip) => ip.version === "IPv4"),
    ipv6s: ips.filter((ip) => ip.version === "IPv6"),
    name: server.name,
    offer: fullId(inZone, offer.id),
    offerId: fullId(inZone, offer.id),
    offerName: offer.name,
    options: server.options.map((option) => ({
      expiresAt: timestamp(option.expires_at),
      id: fullId(inZone, option.id),
      name: option.name,
    })),
    organizationId: server.organization_id,
    ...installed,
    ...(privateIps === undefined ? {} : { privateIps }),
    privateNetworks: networks.map((network) => networkProperties(inZone, network)),
    projectId: server.project_id,
    protected: server.protected,
    tags: server.tags,
    zone: server.zone,
  };
}

async function installProperties(
  call: Call,
  inZone: string,
  install: NonNullable<Server["install"]>,
): Promise<PropertyMap> {
  const os = await getOs(call, inZone, install.os_id);
  return {
    os: fullId(inZone, os.id),
    osName: os.name,
    serviceUser: install.service_user,
    sshKeyIds: install.ssh_key_ids,
    user: install.user,
  };
}

function networkProperties(inZone: string, network: ServerNetwork): PropertyMap {
  const region = regionOf(inZone);
  return {
    createdAt: timestamp(network.created_at),
    id: fullId(region, network.private_network_id),
    ipamIpIds: network.ipam_ip_ids.map((ipId) => fullId(region, ipId)),
    mappingId: fullId(region, network.id),
    status: network.status,
    updatedAt: timestamp(network.updated_at),
    vlan: network.vlan ?? 0,
  };
}

/**
 * One list for each network: all bare-metal addresses in it, other servers' included, as the real provider's query has it.
 * Undefined when the key may not read IPAM: a warning, no failure.
 */
async function privateAddresses(
  call: Call,
  inZone: string,
  server: Server,
  networks: ServerNetwork[],
): Promise<PropertyMap[] | undefined> {
  const region = regionOf(inZone);
  const found: PropertyMap[] = [];
  for (const network of networks) {
    try {
      const { ips } = await call.api.get<{ ips: Ip[] }>(ipsPath(region), {
        order_by: "created_at_desc",
        private_network_id: network.private_network_id,
        project_id: server.project_id,
        resource_type: "baremetal_private_nic",
      });
      found.push(...ips.map((ip) => ({ address: withoutLength(ip.address), id: fullId(region, ip.id) })));
    } catch (error) {
      if (!isStatus(error, 403)) throw error;
      call.warn(`the private addresses of server ${server.id} cannot be read: ${String(error)}`);
      return undefined;
    }
  }
  return found;
}
