// SPDX-License-Identifier: Apache-2.0
import { randomUUID } from "node:crypto";
import { forbidden, invalidArguments, notFound, preconditionFailed, transientState } from "../core/errors";
import type { FlexibleIp, Tables } from "../core/model";
import { byOrganization, byProject, byTag, Resource } from "../core/resources";
import { noContent, ok, type ApiRequest, type Route } from "../core/router";
import { schedule, type World } from "../core/world";

type FipRow = Tables["flexibleIps"];

const macTypes: Record<string, string> = { kvm: "52:54:00", vmware: "00:50:56", xen: "00:16:3e" };
const mostPerServer = 64;

/** Flexible IP v1alpha1: addresses that move between servers, and their virtual MACs. */
export function flexibleIpRoutes(world: World): Route[] {
  registerTransitions(world);
  const fips: Resource<"flexibleIps"> = new Resource(world, {
    table: "flexibleIps",
    product: "baremetal",
    path: "/flexible-ip/v1alpha1/zones/:zone/fips",
    listKey: "flexible_ips",
    resource: "flexible-ip",
    // A flexible IP that does not exist is answered like one that may not be read (recorded).
    missing: () => forbidden("flexible-ip", "read"),
    create: (request) => create(world, fips, request),
    // The answer to an order does not name the server yet (recorded).
    created: (row) => ({ ...row.api, server_id: null }),
    update: (row, { body }) => {
      row.api.description = body.string("description", row.api.description);
      row.api.reverse = body.string("reverse", row.api.reverse);
      if (body.has("tags")) row.api.tags = body.strings("tags");
    },
    remove: (row) => {
      world.scheduler.cancel(row.id);
      const { api } = row;
      if (api.server_id !== null)
        void route(world, api.server_id, { address: api.ip_address, to: undefined }).catch(() => undefined);
      return undefined;
    },
    filters: {
      project_id: byProject,
      organization_id: byOrganization,
      tags: byTag,
      status: (row, status) => row.api.status === status,
      server_ids: (row, id) => row.api.server_id === id,
    },
  });
  const several = (request: ApiRequest): FipRow[] => {
    const ids = request.body.strings("fips_ids");
    if (ids.length === 0) request.body.refuse("fips_ids", "is required", []);
    request.body.check();
    return ids.map((id) => fips.load(request, id));
  };
  const answerOf = (rows: FipRow[]) => ok({ flexible_ips: rows.map(({ api }) => api), total_count: rows.length });
  return [
    ...fips.routes(),
    fips.route("POST", "/attach", (request) => {
      const rows = several(request);
      const serverId = request.body.string("server_id");
      request.body.check();
      checkServer(world, serverId, { zone: request.params["zone"] ?? "", more: rows.length });
      checkOneMacGroup(rows);
      rows.forEach(refuseInTransition);
      for (const row of rows) attach(world, row, serverId);
      return answerOf(rows);
    }),
    fips.route("POST", "/detach", (request) => {
      const rows = several(request);
      rows.forEach(refuseInTransition);
      for (const row of rows) detach(world, row);
      return answerOf(rows);
    }),
    ...macRoutes(world, fips),
  ];
}

/** Frees the flexible IPs of a server that goes. */
export function detachAll(world: World, serverId: string): void {
  for (const row of world.store.all("flexibleIps")) if (row.api.server_id === serverId) detach(world, row);
}

function create(world: World, fips: Resource<"flexibleIps">, request: ApiRequest): FipRow {
  const { body } = request;
  const zone = request.params["zone"] ?? "";
  const projectId = body.string("project_id", world.store.state.projectId);
  const [serverId, wantedReverse] = [body.optionalString("server_id"), body.optionalString("reverse")];
  const details = { description: body.string("description", ""), tags: body.strings("tags") };
  const isIpv6 = body.boolean("is_ipv6", false);
  body.check();
  fips.authorize(request, projectId);
  if (serverId !== null) checkServer(world, serverId, { zone, more: 1 });
  const address = freeAddress(world, isIpv6);
  const now = world.clock.timestamp();
  const api: FlexibleIp = {
    id: randomUUID(),
    ip_address: address,
    status: "ready",
    ...details,
    reverse: wantedReverse ?? `${address.split("/")[0]?.replaceAll(/[.:]+/g, "-") ?? ""}.rev.poneytelecom.eu.`,
    server_id: null,
    mac_address: null,
    organization_id: world.store.state.organizationId,
    project_id: projectId,
    zone,
    created_at: now,
    updated_at: now,
  };
  const row = world.store.insert("flexibleIps", { id: api.id, scope: zone, api, internal: undefined });
  if (serverId !== null) attach(world, row, serverId);
  return row;
}

function freeAddress(world: World, isIpv6: boolean): string {
  const taken = new Set(world.store.all("flexibleIps").map(({ api }) => api.ip_address));
  for (let n = 1; n < 255; n++) {
    const address = isIpv6 ? `2001:db8:${(0x4000 + n).toString(16)}::/64` : `198.51.100.${n}`;
    if (!taken.has(address)) return address;
  }
  throw preconditionFailed("resource_not_usable", "no flexible IP left");
}

function checkServer(world: World, id: string, { zone, more }: { zone: string; more: number }): void {
  const server = world.store.get("servers", id);
  if (server?.scope !== zone) throw notFound("server", id);
  const present = world.store.all("flexibleIps").filter(({ api }) => api.server_id === id).length;
  if (present + more > mostPerServer) {
    throw preconditionFailed("resource_not_usable", `a server can have at most ${mostPerServer} flexible IPs`);
  }
}

/** An address that is being moved takes no other order until it has arrived. */
function refuseInTransition({ id, api }: FipRow): void {
  if (api.status === "updating" || api.status === "detaching") throw transientState("flexible_ip", id, api.status);
}

/** Addresses attached by one call must share a MAC: those whose MAC was duplicated. */
function checkOneMacGroup(rows: FipRow[]): void {
  if (new Set(rows.map(({ api }) => api.mac_address?.mac_address)).size > 1) {
    throw preconditionFailed("resource_not_usable", "flexible IPs attached together must share a MAC address");
  }
}

function attach(world: World, row: FipRow, serverId: string): void {
  begin(world, row, { status: "updating", serverId, type: "fip.attach" });
}

function detach(world: World, row: FipRow): void {
  // The server is named until the detachment is done (recorded).
  begin(world, row, { status: "detaching", serverId: row.api.server_id, type: "fip.detach" });
}

interface Change {
  status: "updating" | "detaching";
  serverId: string | null;
  type: string;
}

function begin(world: World, row: FipRow, { status, serverId, type }: Change): void {
  world.scheduler.cancel(row.id);
  row.api.status = status;
  row.api.server_id = serverId;
  world.store.changed();
  const job = { type, target: row.id, delay: world.clock.delay("flexibleIp") };
  schedule(world, { ...job, transition: "flexibleIp", name: row.api.ip_address });
}

interface Routing {
  address: string;
  to: { id: string; mac?: string } | undefined;
}

async function route(world: World, id: string, { address, to }: Routing): Promise<void> {
  try {
    await world.machines.call(id, (backend) => backend.routeFlexibleIp(address, to));
  } catch (error) {
    process.stderr.write(`scaleway emulator: routing ${address} failed: ${(error as Error).message}\n`);
    throw error;
  }
}

function registerTransitions(world: World): void {
  const find = (id: string): FipRow | undefined => world.store.get("flexibleIps", id);
  world.scheduler.on("fip.attach", async ({ target, data }) => {
    const row = find(target);
    const serverId = row?.api.server_id;
    if (row === undefined || serverId === undefined || serverId === null) return;
    const mac = row.api.mac_address?.mac_address;
    const to = { id: serverId, ...(mac === undefined ? {} : { mac }) };
    const routed =
      data["outcome"] === undefined &&
      (await route(world, serverId, { address: row.api.ip_address, to }).then(
        () => true,
        () => false,
      ));
    if (row.api.status === "updating") row.api.status = routed ? "attached" : "error";
    if (row.api.status === "attached") setMacStatus(row, "used");
    world.store.changed();
  });
  world.scheduler.on("fip.detach", async ({ target }) => {
    const row = find(target);
    if (row === undefined) return;
    if (row.api.server_id !== null) {
      const failed = await route(world, row.api.server_id, { address: row.api.ip_address, to: undefined }).catch(
        () => true,
      );
      if (failed === true) row.api.status = "error";
    }
    if (row.api.status !== "detaching") return;
    row.api.status = "ready";
    row.api.server_id = null;
    setMacStatus(row, "ready");
    world.store.changed();
  });
}

function setMacStatus(row: FipRow, status: "ready" | "used"): void {
  if (row.api.mac_address !== null) row.api.mac_address.status = status;
}

function macRoutes(world: World, fips: Resource<"flexibleIps">): Route[] {
  const load = (request: ApiRequest, id = request.params["id"] ?? ""): FipRow => {
    // Unlike the address itself, its MAC of an unknown address is plainly not found (recorded).
    if (world.store.get("flexibleIps", id) === undefined) throw notFound("flexible_ips", id);
    return fips.load(request, id);
  };
  const changed = (row: FipRow) => {
    world.store.changed();
    if (row.api.status === "attached" && row.api.server_id !== null) {
      const mac = row.api.mac_address?.mac_address;
      const to = { id: row.api.server_id, ...(mac === undefined ? {} : { mac }) };
      void route(world, row.api.server_id, { address: row.api.ip_address, to }).catch(() => undefined);
    }
    return ok(fips.view(row));
  };
  return [
    fips.route("POST", "/:id/mac", (request) => {
      const row = load(request);
      const type = request.body.string("mac_type");
      const prefix = macTypes[type];
      if (prefix === undefined)
        request.body.refuse("mac_type", `must be one of ${Object.keys(macTypes).join(", ")}`, "");
      request.body.check();
      if (row.api.mac_address !== null)
        throw invalidArguments({ argument: "fip_id", help: "already has a MAC address" });
      row.api.mac_address = newMac(world, row, { type, prefix: prefix ?? "" });
      return changed(row);
    }),
    fips.route("POST", "/:id/mac/duplicate", (request) => {
      const row = load(request);
      const from = load(request, request.body.string("duplicate_from_fip_id"));
      request.body.check();
      if (from.api.mac_address === null)
        throw preconditionFailed("resource_not_usable", "the source has no MAC address");
      row.api.mac_address = { ...from.api.mac_address, id: randomUUID() };
      return changed(row);
    }),
    fips.route("POST", "/:id/mac/move", (request) => {
      const row = load(request);
      const to = load(request, request.body.string("dst_fip_id"));
      request.body.check();
      if (to !== row && row.api.mac_address === null)
        throw preconditionFailed("resource_not_usable", "the source has no MAC address");
      // A move to the address that has it already loses it (recorded).
      to.api.mac_address = row.api.mac_address;
      row.api.mac_address = null;
      if (to !== row) void changed(row);
      return changed(to);
    }),
    fips.route("DELETE", "/:id/mac", (request) => {
      const row = load(request);
      if (row.api.mac_address === null) throw notFound("flexible_ips", row.id);
      row.api.mac_address = null;
      changed(row);
      return noContent;
    }),
  ];
}

function newMac(
  world: World,
  row: FipRow,
  { type, prefix }: { type: string; prefix: string },
): FipRow["api"]["mac_address"] {
  const id = randomUUID();
  const now = world.clock.timestamp();
  const tail = [id.slice(0, 2), id.slice(2, 4), id.slice(4, 6)].join(":");
  return {
    id,
    mac_address: `${prefix}:${tail}`,
    mac_type: type,
    status: "ready",
    zone: row.scope,
    created_at: now,
    updated_at: now,
  };
}
