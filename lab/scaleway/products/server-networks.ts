// SPDX-License-Identifier: Apache-2.0
import { randomUUID } from "node:crypto";
import { forbidden, notFound, preconditionFailed } from "../core/errors";
import { macOf } from "../core/ip";
import { isObject } from "../core/json";
import { paginate } from "../core/lists";
import type { PrivateNetwork, Row, Tables } from "../core/model";
import { projectOf, scopeOf, type Resource } from "../core/resources";
import { noContent, ok, type ApiRequest, type Route } from "../core/router";
import { schedule, type World } from "../core/world";
import { bookIp } from "./ipam";

type Attachment = Tables["serverPrivateNetworks"];
type ServerRow = Tables["servers"];

const firstVlan = 1745;
/** The id of the option that a server needs before it can join a private network, the same in all zones. */
export const privateNetworkOption = "cd4158d7-2d65-49be-8803-c4b8ab6f760c";

/** Elastic Metal v3: the private networks of servers. */
export function serverNetworkRoutes(world: World, servers: Resource<"servers">): Route[] {
  registerTransitions(world);
  const base = { product: "baremetal", resource: "server" } as const;
  const path = "/baremetal/v3/zones/:zone";
  return [
    {
      ...base,
      method: "GET",
      pattern: `${path}/server-private-networks`,
      handle: (request) => {
        const rows = world.store.all("serverPrivateNetworks").filter(shown(request));
        const { items, total } = paginate(rows, request.query, {
          created_at: ({ seq }) => seq,
          updated_at: ({ api }) => api.updated_at,
        });
        return ok({ server_private_networks: items.map(({ api }) => api), total_count: total });
      },
    },
    {
      ...base,
      method: "POST",
      pattern: `${path}/servers/:id/private-networks`,
      handle: (request) => {
        const server = servers.load(request);
        const networkId = request.body.string("private_network_id");
        const ipIds = request.body.strings("ipam_ip_ids");
        request.body.check();
        requireOption(server);
        return ok(attach(world, request, { server, networkId, ipIds }).api);
      },
    },
    {
      ...base,
      method: "PUT",
      pattern: `${path}/servers/:id/private-networks`,
      handle: (request) => ok(setAll(world, servers, request)),
    },
    {
      ...base,
      method: "DELETE",
      pattern: `${path}/servers/:id/private-networks/:network`,
      handle: (request) => {
        const server = servers.load(request);
        const networkId = request.params["network"] ?? "";
        const attachment = attachmentsOf(world, server.id).find(({ api }) => api.private_network_id === networkId);
        if (attachment === undefined) throw notFound("private_network", networkId);
        detach(world, attachment);
        return noContent;
      },
    },
  ];
}

function shown({ query, principal, params }: ApiRequest): (row: Attachment) => boolean {
  const matches = (name: string, value: string): boolean => !query.has(name) || query.getAll(name).includes(value);
  return ({ scope, api }) =>
    scope === params["zone"] &&
    principal.can("baremetal", "read", projectOf(api)) &&
    matches("server_id", api.server_id) &&
    matches("private_network_id", api.private_network_id) &&
    matches("project_id", api.project_id);
}

/** What the server has or is getting; not what is on its way out. */
function attachmentsOf(world: World, serverId: string): Attachment[] {
  return world.store
    .all("serverPrivateNetworks")
    .filter(({ api }) => api.server_id === serverId && api.status !== "detaching");
}

/** Replaces the whole set: new ones are attached, missing ones detached, others stay as they are. */
function setAll(world: World, servers: Resource<"servers">, request: ApiRequest): object {
  const server = servers.load(request);
  const wanted = request.body.raw("per_private_network_ipam_ip_ids");
  if (!isObject(wanted)) request.body.refuse("per_private_network_ipam_ip_ids", "must be an object", undefined);
  request.body.check();
  const entries = Object.entries(isObject(wanted) ? wanted : {});
  if (entries.length > 0) requireOption(server);
  const present = attachmentsOf(world, server.id);
  for (const [networkId] of entries) networkIn(world, request, networkId);
  for (const attachment of present) {
    if (!entries.some(([networkId]) => networkId === attachment.api.private_network_id)) detach(world, attachment);
  }
  for (const [networkId, ids] of entries) {
    const ipIds = Array.isArray(ids) ? ids.filter((id) => typeof id === "string") : [];
    const kept = present.find(({ api }) => api.private_network_id === networkId);
    if (kept === undefined) attach(world, request, { server, networkId, ipIds });
    else if (ipIds.length > 0) setIps(world, kept, ipIds);
  }
  const rows = attachmentsOf(world, server.id).map(({ api }) => api);
  // An empty set is answered without the key (recorded; the provider panics at an empty array).
  return rows.length === 0 ? {} : { server_private_networks: rows };
}

function requireOption({ api }: ServerRow): void {
  const option = api.options.find(({ id }) => id === privateNetworkOption);
  if (option === undefined || option.status === "option_status_disabling") {
    throw preconditionFailed("resource_not_usable", "the server does not have the option Private Network");
  }
}

function networkIn(world: World, request: ApiRequest, id: string): Row<PrivateNetwork> {
  const network = world.store.get("privateNetworks", id);
  if (network === undefined || !scopeOf(request).startsWith(network.scope)) throw notFound("private_network", id);
  return network;
}

function attach(
  world: World,
  request: ApiRequest,
  wanted: { server: ServerRow; networkId: string; ipIds: string[] },
): Attachment {
  const { server, networkId, ipIds } = wanted;
  const network = networkIn(world, request, networkId);
  if (!request.principal.can("baremetal", "write", network.api.project_id)) throw forbidden("private_network", "write");
  const ips = ipIds.map((id) => freeIp(world, network, id));
  if (ips.length === 0) {
    ips.push(bookIp(world, network, { isIpv6: false, address: null, booked: false }));
    ips.push(bookIp(world, network, { isIpv6: true, address: null, booked: false }));
  }
  const id = randomUUID();
  const mac = macOf(`${server.internal.privateMac} ${networkId}`);
  giveIps(ips, { id, name: server.api.name, mac });
  const now = world.clock.timestamp();
  const attachment = world.store.insert("serverPrivateNetworks", {
    id,
    scope: server.scope,
    api: {
      id,
      project_id: server.api.project_id,
      server_id: server.id,
      private_network_id: networkId,
      ipam_ip_ids: ips.map((ip) => ip.id),
      vlan: freeVlan(world),
      status: "attaching",
      created_at: now,
      updated_at: now,
    },
    internal: { mac },
  });
  const job = { type: "network.attach", target: id, delay: world.clock.delay("attach") };
  schedule(world, { ...job, transition: "attach", name: server.api.name });
  return attachment;
}

/** Gives an attachment other addresses; without any it keeps those that it has. */
function setIps(world: World, attachment: Attachment, ipIds: string[]): void {
  const { api, internal } = attachment;
  const network = world.store.get("privateNetworks", api.private_network_id);
  if (network === undefined) return;
  const added = ipIds.filter((id) => !api.ipam_ip_ids.includes(id)).map((id) => freeIp(world, network, id));
  freeIps(
    world,
    api.ipam_ip_ids.filter((id) => !ipIds.includes(id)),
  );
  const name = world.store.get("servers", api.server_id)?.api.name ?? "";
  giveIps(added, { id: api.id, name, mac: internal.mac });
  api.ipam_ip_ids = ipIds;
}

function giveIps(ips: Tables["ips"][], nic: { id: string; name: string; mac: string }): void {
  for (const { api } of ips) {
    api.resource = { type: "baremetal_private_nic", id: nic.id, name: nic.name, mac_address: nic.mac.toUpperCase() };
  }
}

/** Addresses that came with an attachment go, booked ones are free again. */
function freeIps(world: World, ids: string[]): void {
  for (const id of ids) {
    const ip = world.store.get("ips", id);
    if (ip === undefined) continue;
    if (ip.internal.booked) ip.api.resource = null;
    else world.store.remove("ips", id);
  }
}

function freeIp(world: World, network: Row<PrivateNetwork>, id: string): Tables["ips"] {
  const ip = world.store.get("ips", id);
  if (ip?.internal.privateNetworkId !== network.id) throw notFound("ip", id);
  if (ip.api.resource !== null) {
    throw preconditionFailed("resource_still_in_use", `the IP ${ip.api.address} is attached to another resource`);
  }
  return ip;
}

// Another number for each attachment, also within one network: as at the real API, nothing may count on equal ones.
function freeVlan(world: World): number {
  const taken = new Set(world.store.all("serverPrivateNetworks").map(({ api }) => api.vlan));
  let vlan = firstVlan;
  while (taken.has(vlan)) vlan = vlan === 4094 ? 2 : vlan + 1;
  return vlan;
}

function detach(world: World, attachment: Attachment): void {
  attachment.api.status = "detaching";
  attachment.api.updated_at = world.clock.timestamp();
  world.scheduler.cancel(attachment.id);
  world.scheduler.add({ type: "network.detach", target: attachment.id, delay: world.clock.delay("detach") });
}

/** Removes an attachment and frees its addresses. */
export function dropAttachment(world: World, attachment: Attachment): void {
  freeIps(world, attachment.api.ipam_ip_ids);
  world.scheduler.cancel(attachment.id);
  world.store.remove("serverPrivateNetworks", attachment.id);
}

function registerTransitions(world: World): void {
  const find = (id: string): Attachment | undefined => world.store.get("serverPrivateNetworks", id);
  world.scheduler.on("network.attach", async ({ target, data }) => {
    const row = find(target);
    if (row === undefined) return;
    const { api, internal } = row;
    const name = world.store.get("servers", api.server_id)?.api.name ?? "";
    const nic = { privateNetworkId: api.private_network_id, vlan: api.vlan, mac: internal.mac };
    let status: Attachment["api"]["status"] = data["outcome"] === undefined ? "attached" : "error";
    if (status === "attached") {
      try {
        await world.machines.call(api.server_id, (backend) => backend.attachPrivateNetwork(api.server_id, nic));
      } catch (error) {
        process.stderr.write(`scaleway emulator: attaching a network to ${name} failed: ${(error as Error).message}\n`);
        status = "error";
      }
    }
    // It may be on its way out by now.
    if (find(target)?.api.status === "attaching") row.api.status = status;
    world.store.changed();
  });
  world.scheduler.on("network.detach", async ({ target }) => {
    const row = find(target);
    if (row === undefined) return;
    const { server_id: serverId, private_network_id: networkId } = row.api;
    try {
      await world.machines.call(serverId, (backend) => backend.detachPrivateNetwork(serverId, networkId));
    } catch (error) {
      process.stderr.write(`scaleway emulator: detaching a network failed: ${(error as Error).message}\n`);
      row.api.status = "error";
      world.store.changed();
      return;
    }
    const current = find(target);
    if (current !== undefined) dropAttachment(world, current);
  });
}
