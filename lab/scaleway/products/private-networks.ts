// SPDX-License-Identifier: Apache-2.0
import { randomUUID } from "node:crypto";
import { invalidArguments, notFound, preconditionFailed } from "../core/errors";
import { overlap, readNetwork } from "../core/ip";
import { paginate } from "../core/lists";
import type { PrivateNetwork, Row, Subnet, Vpc } from "../core/model";
import { byName, byOrganization, byProject, byTag, Resource, scopeOf } from "../core/resources";
import { ok, type ApiRequest, type Route } from "../core/router";
import type { World } from "../core/world";

/** VPC v2: private networks and their subnets (one IPv4, one IPv6 each). */
export function privateNetworkRoutes(world: World): Route[] {
  const networks: Resource<"privateNetworks"> = new Resource(world, {
    table: "privateNetworks",
    product: "privateNetworks",
    path: "/vpc/v2/regions/:region/private-networks",
    listKey: "private_networks",
    resource: "private_network",
    create: (request) => {
      const { body } = request;
      const projectId = body.string("project_id", world.store.state.projectId);
      const [name, tags] = [body.string("name", `pn-${randomUUID().slice(0, 8)}`), body.strings("tags")];
      const propagation = body.boolean("default_route_propagation_enabled", false);
      const [wanted, vpcId] = [body.strings("subnets"), body.optionalString("vpc_id")];
      body.check();
      networks.authorize(request, projectId);
      const vpc = vpcFor(world, request, { projectId, vpcId });
      const subnets = chooseSubnets(world, vpc, wanted);
      const now = world.clock.timestamp();
      const id = randomUUID();
      const place = { private_network_id: id, vpc_id: vpc.id, project_id: projectId, region: vpc.scope };
      const api: PrivateNetwork = {
        id,
        name,
        organization_id: world.store.state.organizationId,
        project_id: projectId,
        region: vpc.scope,
        tags,
        subnets: subnets.map((subnet) => ({ id: randomUUID(), subnet, ...place, created_at: now, updated_at: now })),
        vpc_id: vpc.id,
        dhcp_enabled: true,
        default_route_propagation_enabled: propagation,
        created_at: now,
        updated_at: now,
      };
      return world.store.insert("privateNetworks", { id, scope: vpc.scope, api, internal: undefined });
    },
    update: (row, { body }) => {
      row.api.name = body.string("name", row.api.name);
      if (body.has("tags")) row.api.tags = body.strings("tags");
      const propagation = row.api.default_route_propagation_enabled;
      row.api.default_route_propagation_enabled = body.boolean("default_route_propagation_enabled", propagation);
    },
    remove: (row) => {
      const used =
        world.store.all("ips").some(({ internal }) => internal.privateNetworkId === row.id) ||
        world.store.all("serverPrivateNetworks").some(({ api }) => api.private_network_id === row.id);
      if (used) throw preconditionFailed("resource_still_in_use", "Private Network must be empty to be deleted");
      return undefined;
    },
    filters: {
      name: byName,
      project_id: byProject,
      organization_id: byOrganization,
      tags: byTag,
      vpc_id: (row, id) => row.api.vpc_id === id,
      private_network_ids: (row, id) => row.id === id,
    },
  });
  return [
    ...networks.routes(),
    networks.route("POST", "/:id/enable-dhcp", (request) => ok(networks.view(networks.load(request)))),
    {
      method: "GET",
      pattern: "/vpc/v2/regions/:region/subnets",
      product: "privateNetworks",
      resource: "private_network",
      handle: (request) => {
        const rows = world.store.all("privateNetworks").filter((row) => row.scope === scopeOf(request));
        const { items, total } = paginate(
          rows.flatMap(({ api }) => api.subnets).filter(subnetFilter(request)),
          request.query,
          {
            created_at: (subnet) => subnet.created_at,
          },
        );
        return ok({ subnets: items, total_count: total });
      },
    },
  ];
}

function subnetFilter({ query, principal }: ApiRequest): (subnet: Subnet) => boolean {
  const among = (name: string, value: string): boolean => !query.has(name) || query.getAll(name).includes(value);
  return (subnet) =>
    principal.can("privateNetworks", "read", subnet.project_id) &&
    among("subnet_ids", subnet.id) &&
    among("vpc_id", subnet.vpc_id) &&
    among("project_id", subnet.project_id);
}

function vpcFor(
  world: World,
  request: ApiRequest,
  wanted: { projectId: string; vpcId: string | null },
): Row<Vpc, object> {
  const region = scopeOf(request);
  const { projectId, vpcId } = wanted;
  const vpc =
    vpcId === null
      ? world.store
          .all("vpcs")
          .find((row) => row.scope === region && row.api.is_default && row.api.project_id === projectId)
      : world.store.get("vpcs", vpcId);
  if (vpc?.scope !== region) throw notFound("vpc", vpcId ?? "default");
  return vpc;
}

/** The subnets asked for, completed so that there is one of each family, none overlapping another in the VPC. */
function chooseSubnets(world: World, vpc: Row<Vpc, object>, wanted: string[]): string[] {
  const taken = world.store
    .all("privateNetworks")
    .filter(({ api }) => api.vpc_id === vpc.id)
    .flatMap(({ api }) => api.subnets.map(({ subnet }) => subnet));
  const bad = wanted.flatMap((text) => {
    const problem = subnetProblem(text, taken);
    return problem === undefined ? [] : [{ argument: "subnets", help: `${text}: ${problem}` }];
  });
  if (bad.length > 0) throw invalidArguments(...bad);
  const free = (candidate: (n: number) => string): string => {
    for (let n = 0; ; n++) {
      const cidr = candidate(n);
      if (![...taken, ...wanted].some((other) => overlap(other, cidr))) return cidr;
    }
  };
  const ipv4 = wanted.find((text) => !text.includes(":"));
  const ipv6 = wanted.find((text) => text.includes(":"));
  return [
    ipv4 ?? free((n) => `172.${16 + Math.floor(n / 64)}.${(n % 64) * 4}.0/22`),
    ipv6 ?? free((n) => `fd5f:519c:6d46:${(n + 1).toString(16)}::/64`),
  ];
}

// Sizes as Scaleway documents them: IPv4 /20 to /29, IPv6 /64.
function subnetProblem(text: string, taken: string[]): string | undefined {
  const network = readNetwork(text);
  if (network === undefined) return "is no network in CIDR form";
  if (network.isIpv6 && network.prefix !== 64) return "an IPv6 subnet must be a /64";
  if (!network.isIpv6 && (network.prefix < 20 || network.prefix > 29))
    return "an IPv4 subnet must be between /20 and /29";
  const other = taken.find((cidr) => overlap(cidr, text));
  return other === undefined ? undefined : `overlaps ${other} in the same VPC`;
}
