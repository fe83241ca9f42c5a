// SPDX-License-Identifier: Apache-2.0
import { randomUUID } from "node:crypto";
import type { Body } from "../core/body";
import { alreadyExists, invalidArguments, notFound, preconditionFailed } from "../core/errors";
import { contains, ipv6In, nthIpv4 } from "../core/ip";
import type { IpamResource, PrivateNetwork, Row, Subnet, Tables } from "../core/model";
import { byProject, byTag, Resource } from "../core/resources";
import { ok, type Route } from "../core/router";
import type { World } from "../core/world";

type IpRow = Tables["ips"];

/** IPAM v1: addresses of private networks, booked by a client or given to a NIC. */
export function ipamRoutes(world: World): Route[] {
  const ips: Resource<"ips"> = new Resource(world, {
    table: "ips",
    product: "ipam",
    path: "/ipam/v1/regions/:region/ips",
    listKey: "ips",
    resource: "ip",
    create: (request) => {
      const { body } = request;
      const source = body.object("source") ?? body.refuse("source", "is required", undefined);
      const networkId = source?.optionalString("private_network_id") ?? null;
      const subnetId = source?.optionalString("subnet_id") ?? null;
      if (source !== undefined && (networkId === null) === (subnetId === null)) {
        body.refuse("source", "exactly one of private_network_id and subnet_id is required", "");
      }
      const [address, isIpv6] = [body.optionalString("address"), body.boolean("is_ipv6", false)];
      const [tags, resource] = [body.strings("tags"), body.object("resource")];
      const projectId = body.string("project_id", world.store.state.projectId);
      const custom = resource === undefined ? undefined : customResource(resource);
      body.check();
      ips.authorize(request, projectId);
      const network = findNetwork(world, { networkId, subnetId, region: request.params["region"] ?? "" });
      const row = bookIp(world, network, { isIpv6, address, booked: true });
      row.api.project_id = projectId;
      row.api.tags = tags;
      if (custom !== undefined) row.api.resource = { type: "custom", id: row.id, ...custom };
      return row;
    },
    update: (row, { body }) => {
      if (body.has("tags")) row.api.tags = body.strings("tags");
      const reverses = body.objects("reverses");
      if (reverses.length === 0) return;
      row.api.reverses = reverses.map((reverse) => ({
        hostname: reverse.string("hostname", ""),
        address: reverse.optionalString("address"),
      }));
    },
    remove: (row) => {
      refuseAttached(row);
      return undefined;
    },
    filters: {
      project_id: byProject,
      tags: byTag,
      private_network_id: (row, id) => row.internal.privateNetworkId === id,
      vpc_id: (row, id) => row.internal.vpcId === id,
      subnet_id: (row, id) => row.api.source.subnet_id === id,
      ip_ids: (row, id) => row.id === id,
      is_ipv6: (row, value) => String(row.api.is_ipv6) === value,
      attached: (row, value) => String(row.api.resource !== null) === value,
      mac_address: (row, mac) => row.api.resource?.mac_address?.toLowerCase() === mac.toLowerCase(),
      resource_id: (row, id) => row.api.resource?.id === id,
      resource_ids: (row, id) => row.api.resource?.id === id,
      resource_name: (row, name) => row.api.resource?.name === name,
      resource_type: (row, type) => type === "unknown_type" || row.api.resource?.type === type,
      resource_types: (row, type) => type === "unknown_type" || row.api.resource?.type === type,
    },
  });
  return [...ips.routes(), ...customRoutes(ips)];
}

// A "custom" resource is one that Scaleway does not know: a name and a MAC, e.g. of a VM on a server.
function customRoutes(ips: Resource<"ips">): Route[] {
  const set = (tail: string, read: (body: Body) => Omit<IpamResource, "type" | "id"> | undefined): Route =>
    ips.route("POST", `/:id/${tail}`, (request) => {
      const row = ips.load(request);
      refuseAttached(row);
      const custom = read(request.body);
      request.body.check();
      row.api.resource = custom === undefined ? null : { type: "custom", id: row.id, ...custom };
      ips.touch(row);
      return ok(ips.view(row));
    });
  const resource = (body: Body, name: string) => {
    const wanted = body.object(name);
    return wanted === undefined ? undefined : customResource(wanted);
  };
  return [
    set("attach", (body) => resource(body, "resource") ?? body.refuse("resource", "is required", undefined)),
    set("detach", () => undefined),
    set("move", (body) => resource(body, "to_resource")),
  ];
}

function customResource(body: Body): Omit<IpamResource, "type" | "id"> {
  const mac = body.string("mac_address");
  if (!/^([0-9a-f]{2}:){5}[0-9a-f]{2}$/i.test(mac)) body.refuse("mac_address", "must be a MAC address", "");
  body.check();
  return { name: body.optionalString("name"), mac_address: mac.toUpperCase() };
}

function refuseAttached({ api }: IpRow): void {
  if (api.resource !== null && api.resource.type !== "custom") {
    throw preconditionFailed("resource_still_in_use", `the IP is attached to ${api.resource.type} ${api.resource.id}`);
  }
}

function findNetwork(
  world: World,
  wanted: { networkId: string | null; subnetId: string | null; region: string },
): Row<PrivateNetwork> {
  const { networkId, subnetId, region } = wanted;
  const row =
    networkId === null
      ? world.store.all("privateNetworks").find(({ api }) => api.subnets.some(({ id }) => id === subnetId))
      : world.store.get("privateNetworks", networkId);
  if (row?.scope === region) return row;
  throw networkId === null ? notFound("subnet", subnetId ?? "") : notFound("private_network", networkId);
}

/**
 * Takes an address of a private network: the one asked for, or the first free one from .2 on.
 * @throws ApiError 400 outside the subnet, 409 taken, 412 none left
 */
export function bookIp(
  world: World,
  network: Row<PrivateNetwork>,
  wanted: { isIpv6: boolean; address: string | null; booked: boolean },
): IpRow {
  const { isIpv6, booked } = wanted;
  const subnet = network.api.subnets.find(({ subnet: cidr }) => cidr.includes(":") === isIpv6);
  if (subnet === undefined) throw invalidArguments({ argument: "is_ipv6", help: "the network has no such subnet" });
  const id = randomUUID();
  const address = chooseAddress(world, subnet, { id, address: wanted.address });
  const now = world.clock.timestamp();
  return world.store.insert("ips", {
    id,
    scope: network.scope,
    api: {
      id,
      address: `${address}/${subnet.subnet.split("/")[1] ?? ""}`,
      project_id: network.api.project_id,
      is_ipv6: isIpv6,
      source: { subnet_id: subnet.id },
      resource: null,
      tags: [],
      reverses: [],
      region: network.scope,
      zone: null,
      created_at: now,
      updated_at: now,
    },
    internal: { privateNetworkId: network.id, vpcId: network.api.vpc_id, booked },
  });
}

function chooseAddress(world: World, subnet: Subnet, wanted: { id: string; address: string | null }): string {
  const inSubnet = world.store.all("ips").filter(({ api }) => api.source.subnet_id === subnet.id);
  const taken = new Set(inSubnet.map(({ api }) => api.address.split("/")[0] ?? ""));
  if (wanted.address !== null) {
    const address = wanted.address.split("/")[0] ?? "";
    if (!isAddressIn(subnet.subnet, address)) {
      throw invalidArguments({ argument: "address", help: `is not in the subnet ${subnet.subnet}` });
    }
    if (taken.has(address)) throw alreadyExists("ip");
    return address;
  }
  if (subnet.subnet.includes(":")) return ipv6In(subnet.subnet, wanted.id);
  for (let n = 2; ; n++) {
    const address = nthIpv4(subnet.subnet, n);
    if (address === undefined) throw preconditionFailed("resource_not_usable", `no free address in ${subnet.subnet}`);
    if (!taken.has(address)) return address;
  }
}

function isAddressIn(cidr: string, address: string): boolean {
  try {
    return contains(cidr, address);
  } catch {
    return false;
  }
}
