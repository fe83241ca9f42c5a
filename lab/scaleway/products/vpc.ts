// SPDX-License-Identifier: Apache-2.0
import { randomUUID } from "node:crypto";
import { notFound, preconditionFailed } from "../core/errors";
import type { JsonObject } from "../core/json";
import type { Tables, Vpc } from "../core/model";
import { byName, byOrganization, byProject, byTag, Resource } from "../core/resources";
import { ok, type Route } from "../core/router";
import type { World } from "../core/world";

export const regions = ["fr-par", "nl-ams", "pl-waw", "it-mil"] as const;

/** VPC v2: VPCs with their ACLs, and custom routes. Private networks: `private-networks.ts`. */
export function vpcRoutes(world: World): Route[] {
  const vpcs: Resource<"vpcs"> = new Resource(world, {
    table: "vpcs",
    product: "vpc",
    path: "/vpc/v2/regions/:region/vpcs",
    listKey: "vpcs",
    resource: "vpc",
    create: (request) => {
      const { body } = request;
      const projectId = body.string("project_id", world.store.state.projectId);
      const name = body.string("name", `vpc-${randomUUID().slice(0, 8)}`);
      const tags = body.strings("tags");
      const transitivity = body.boolean("enable_transitivity", false);
      body.check();
      vpcs.authorize(request, projectId);
      const row = addVpc(world, { name, projectId, region: request.params["region"] ?? "", isDefault: false });
      row.api.tags = tags;
      row.api.transitivity_enabled = transitivity;
      return row;
    },
    view: (row) => {
      const networks = world.store.all("privateNetworks").filter(({ api }) => api.vpc_id === row.id);
      return { ...row.api, private_network_count: networks.length };
    },
    update: (row, { body }) => {
      row.api.name = body.string("name", row.api.name);
      if (body.has("tags")) row.api.tags = body.strings("tags");
    },
    remove: (row) => {
      if (row.api.is_default) throw preconditionFailed("resource_not_usable", "the default VPC cannot be deleted");
      if (world.store.all("privateNetworks").some(({ api }) => api.vpc_id === row.id)) {
        throw preconditionFailed("resource_still_in_use", "VPC still contains Private Networks");
      }
      for (const route of world.store.all("routes")) {
        if (route.api.vpc_id === row.id) world.store.remove("routes", route.id);
      }
      return undefined;
    },
    filters: {
      name: byName,
      project_id: byProject,
      organization_id: byOrganization,
      tags: byTag,
      is_default: (row, value) => String(row.api.is_default) === value,
    },
  });
  const enable = (tail: string, change: (vpc: Vpc) => void): Route =>
    vpcs.route("POST", `/:id/${tail}`, (request) => {
      const row = vpcs.load(request);
      change(row.api);
      vpcs.touch(row);
      return ok(vpcs.view(row));
    });
  return [
    ...vpcs.routes(),
    enable("enable-routing", (vpc) => (vpc.routing_enabled = true)),
    enable("enable-custom-routes-propagation", (vpc) => (vpc.custom_routes_propagation_enabled = true)),
    ...aclRoutes(world, vpcs),
    ...customRoutes(world),
  ];
}

/** Each project has a VPC of its own in each region from the beginning. */
export function addDefaultVpcs(world: World, projectId: string): void {
  for (const region of regions) addVpc(world, { name: "default", projectId, region, isDefault: true });
}

export function removeDefaultVpcs(world: World, projectId: string): void {
  for (const row of world.store.all("vpcs")) {
    if (row.api.is_default && row.api.project_id === projectId) world.store.remove("vpcs", row.id);
  }
}

interface NewVpc {
  name: string;
  projectId: string;
  region: string;
  isDefault: boolean;
}

function addVpc(world: World, { name, projectId, region, isDefault }: NewVpc): Tables["vpcs"] {
  const now = world.clock.timestamp();
  const api: Vpc = {
    id: randomUUID(),
    name,
    organization_id: world.store.state.organizationId,
    project_id: projectId,
    region,
    tags: [],
    is_default: isDefault,
    private_network_count: 0,
    // True whatever was asked for: routing and propagation are on in every new VPC (recorded).
    routing_enabled: true,
    custom_routes_propagation_enabled: true,
    transitivity_enabled: false,
    created_at: now,
    updated_at: now,
  };
  const acl = { v4: { default_policy: "accept", rules: [] }, v6: { default_policy: "accept", rules: [] } };
  return world.store.insert("vpcs", { id: api.id, scope: region, api, internal: { acl } });
}

function aclRoutes(world: World, vpcs: Resource<"vpcs">): Route[] {
  return [
    vpcs.route("GET", "/:id/acl-rules", (request) => {
      const { acl } = vpcs.load(request).internal;
      return ok(request.query.get("is_ipv6") === "true" ? acl.v6 : acl.v4);
    }),
    vpcs.route("PUT", "/:id/acl-rules", (request) => {
      const { body } = request;
      const row = vpcs.load(request);
      const family = body.boolean("is_ipv6", false) ? "v6" : "v4";
      const policy = body.string("default_policy", "accept");
      const rules = body.objects("rules").map((rule): JsonObject => ({
        protocol: rule.string("protocol", "ANY"),
        source: rule.string("source", ""),
        src_port_low: rule.number("src_port_low", 0),
        src_port_high: rule.number("src_port_high", 0),
        destination: rule.string("destination", ""),
        dst_port_low: rule.number("dst_port_low", 0),
        dst_port_high: rule.number("dst_port_high", 0),
        action: rule.string("action", "accept"),
        // The API puts the rule's scope in front of what the client wrote.
        description: `(Rule scope: client) ${rule.string("description", "")}`,
      }));
      body.check();
      row.internal.acl[family] = { default_policy: policy, rules };
      world.store.changed();
      return ok(row.internal.acl[family]);
    }),
  ];
}

function customRoutes(world: World): Route[] {
  const routes: Resource<"routes"> = new Resource(world, {
    table: "routes",
    product: "vpc",
    path: "/vpc/v2/regions/:region/routes",
    listKey: "routes",
    resource: "route",
    create: (request) => {
      const { body } = request;
      const region = request.params["region"] ?? "";
      const vpcId = body.string("vpc_id");
      const now = world.clock.timestamp();
      const api = {
        id: randomUUID(),
        description: body.string("description", ""),
        tags: body.strings("tags"),
        vpc_id: vpcId,
        destination: body.string("destination"),
        nexthop_resource_id: body.optionalString("nexthop_resource_id"),
        nexthop_private_network_id: body.optionalString("nexthop_private_network_id"),
        nexthop_vpc_connector_id: body.optionalString("nexthop_vpc_connector_id"),
        is_read_only: false,
        type: "custom",
        region,
        created_at: now,
        updated_at: now,
      };
      body.check();
      const vpc = world.store.get("vpcs", vpcId);
      if (vpc?.scope !== region) throw notFound("vpc", vpcId);
      routes.authorize(request, vpc.api.project_id);
      return world.store.insert("routes", { id: api.id, scope: region, api, internal: undefined });
    },
    update: (row, { body }) => {
      row.api.description = body.string("description", row.api.description);
      row.api.destination = body.string("destination", row.api.destination);
      if (body.has("tags")) row.api.tags = body.strings("tags");
      for (const name of ["nexthop_resource_id", "nexthop_private_network_id", "nexthop_vpc_connector_id"] as const) {
        if (body.has(name)) row.api[name] = body.optionalString(name);
      }
    },
    remove: () => undefined,
    filters: { vpc_id: (row, id) => row.api.vpc_id === id, tags: byTag },
  });
  return routes.routes();
}
