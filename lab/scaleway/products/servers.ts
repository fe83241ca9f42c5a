// SPDX-License-Identifier: Apache-2.0
import { randomUUID } from "node:crypto";
import type { Body } from "../core/body";
import { invalidArguments, outOfStock, plainNotFound, preconditionFailed, transientState } from "../core/errors";
import { macOf } from "../core/ip";
import { isObject } from "../core/json";
import type { Install, Server, Tables } from "../core/model";
import { byName, byOrganization, byProject, byTag, Resource } from "../core/resources";
import { ok, type Answer, type ApiRequest, type Route } from "../core/router";
import type { World } from "../core/world";
import {
  catalogueRoutes,
  defaultUser,
  findOffer,
  findOs,
  isCompatible,
  isOutOfStock,
  monthlyOf,
  requires,
  type Offer,
} from "./baremetal-catalogue";
import { detachAll } from "./flexible-ips";
import { defaultSchema, partitioningRoutes } from "./partitioning";
import { serverNetworkRoutes } from "./server-networks";
import { serverOptionRoutes } from "./server-options";
import { isBusy, powerActions, registerServerTransitions, scheduleDelivery, setStatus } from "./server-transitions";

type ServerRow = Tables["servers"];

/** Elastic Metal v1 and v3: catalogue, servers, installation, options, private networks. */
export function baremetalRoutes(world: World): Route[] {
  registerServerTransitions(world);
  const servers: Resource<"servers"> = new Resource(world, {
    table: "servers",
    product: "baremetal",
    path: "/baremetal/v1/zones/:zone/servers",
    listKey: "servers",
    resource: "server",
    missing: plainNotFound,
    create: (request) => order(world, servers, request),
    update: (row, { body }) => {
      row.api.name = body.string("name", row.api.name);
      row.api.description = body.string("description", row.api.description);
      row.api.protected = body.boolean("protected", row.api.protected);
      if (body.has("tags")) row.api.tags = body.strings("tags");
      if (body.has("user_data")) row.api.user_data = readUserData(body);
    },
    remove: (row): Answer => {
      if (row.api.protected) throw preconditionFailed("protected_resource", "server is protected");
      if (row.api.status !== "deleting") release(world, row);
      return ok(row.api);
    },
    filters: {
      name: byName,
      project_id: byProject,
      organization_id: byOrganization,
      tags: byTag,
      status: (row, status) => row.api.status === status,
      option_id: (row, id) => row.api.options.some((option) => option.id === id),
    },
  });
  return [
    ...catalogueRoutes(world),
    ...partitioningRoutes(),
    ...servers.routes(),
    servers.route("POST", "/:id/install", (request) => reinstall(world, servers, request)),
    servers.route("POST", "/:id/migrate-offer-monthly", (request) => {
      const row = servers.load(request);
      const monthly = monthlyOf(findOffer(row.api.offer_id));
      if (monthly === undefined || monthly.terms.id === row.api.offer_id) {
        throw preconditionFailed("resource_not_usable", "the server's offer has no monthly twin to migrate to");
      }
      row.api.offer_id = monthly.terms.id;
      servers.touch(row);
      return ok(row.api);
    }),
    ...powerActions.map(([action, passing]) =>
      servers.route("POST", `/:id/${action}`, (request) => {
        const row = servers.load(request);
        if (isBusy(row)) throw transientState("server", row.id, row.api.status);
        row.api.boot_type = request.body.string("boot_type", row.api.boot_type);
        request.body.check();
        setStatus(world, row, passing);
        world.scheduler.add({ type: `server.${action}`, target: row.id, delay: world.clock.delay("power") });
        return ok(row.api);
      }),
    ),
    ...serverOptionRoutes(world, servers),
    ...serverNetworkRoutes(world, servers),
  ];
}

function order(world: World, servers: Resource<"servers">, request: ApiRequest): ServerRow {
  const { body } = request;
  const projectId = body.string("project_id", world.store.state.projectId);
  const [offerId, name] = [body.string("offer_id"), body.string("name")];
  const details = {
    description: body.string("description", ""),
    tags: body.strings("tags"),
    protected: body.boolean("protected", false),
    user_data: body.has("user_data") ? readUserData(body) : null,
  };
  const installBody = body.object("install");
  body.check();
  servers.authorize(request, projectId);
  const offer = findOffer(offerId);
  const install = installBody === undefined ? null : readInstall(world, installBody, offer);
  if (isOutOfStock(world, offer)) throw outOfStock();
  const id = randomUUID();
  const zone = request.params["zone"] ?? "";
  const now = world.clock.timestamp();
  const api: Server = {
    id,
    organization_id: world.store.state.organizationId,
    project_id: projectId,
    name,
    ...details,
    // Without an installation the order is not shown (recorded).
    status: install === null ? "delivering" : "ordered",
    offer_id: offer.terms.id,
    offer_name: offer.data.name,
    ips: [],
    domain: "",
    boot_type: "normal",
    zone,
    install,
    ping_status: "ping_status_unknown",
    options: [],
    rescue_server: null,
    created_at: now,
    updated_at: now,
  };
  const internal = { publicMac: macOf(`public ${id}`), privateMac: macOf(`private ${id}`) };
  const row = world.store.insert("servers", { id, scope: zone, api, internal });
  if (install === null) scheduleDelivery(world, row);
  else world.scheduler.add({ type: "server.ordered", target: id, delay: world.clock.delay("ordered") });
  return row;
}

function reinstall(world: World, servers: Resource<"servers">, request: ApiRequest): Answer {
  const row = servers.load(request);
  const install = readInstall(world, request.body, findOffer(row.api.offer_id));
  if (request.body.has("user_data")) row.api.user_data = readUserData(request.body);
  request.body.check();
  const running = row.api.install?.status === "to_install" || row.api.install?.status === "installing";
  if (row.api.status !== "ready" || running) {
    throw transientState("server", row.id, running ? (row.api.install?.status ?? "") : row.api.status);
  }
  row.api.install = install;
  servers.touch(row);
  world.scheduler.add({ type: "server.toInstall", target: row.id, delay: world.clock.delay("toInstall") });
  return ok(row.api);
}

const installFields = ["user", "password", "service_user", "service_password"] as const;

/** Passwords are checked for presence and then forgotten: nothing behind the emulator logs in with one. */
function readInstall(world: World, body: Body, offer: Offer): Install {
  const osId = body.string("os_id");
  body.check();
  const os = findOs(osId);
  const keys = body.strings("ssh_key_ids");
  const given = (name: (typeof installFields)[number]): string | null => body.optionalString(name);
  for (const name of installFields) {
    if (requires(os, name) && given(name) === null) body.refuse(name, "is required by the operating system", "");
  }
  if (requires(os, "ssh") && keys.length === 0) body.refuse("ssh_key_ids", "is required by the operating system", "");
  for (const id of keys) {
    if (world.store.get("sshKeys", id) === undefined) body.refuse("ssh_key_ids", `no SSH key has the id ${id}`, "");
  }
  if (!isCompatible(offer, osId)) body.refuse("os_id", "is not compatible with the offer", "");
  const schema = body.raw("partitioning_schema");
  const install: Install = {
    os_id: osId,
    hostname: body.string("hostname", ""),
    user: given("user") ?? defaultUser(os),
    ssh_key_ids: keys,
    status: "to_install",
    service_user: given("service_user") ?? "",
    service_url: "",
    partitioning_schema: isObject(schema) ? schema : defaultSchema(offer),
  };
  body.check();
  return install;
}

/** User data as the API takes it: base64, kept and shown as it came. */
function readUserData(body: Body): string | null {
  const text = body.optionalString("user_data");
  if (text === null || text === "") return null;
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(text) || text.length % 4 !== 0) {
    throw invalidArguments({ argument: "user_data", help: "must be base64" });
  }
  return text;
}

function release(world: World, row: ServerRow): void {
  world.scheduler.cancel(row.id);
  setStatus(world, row, "deleting");
  row.api.updated_at = world.clock.timestamp();
  detachAll(world, row.id);
  world.scheduler.add({ type: "server.deleting", target: row.id, delay: world.clock.delay("deleting") });
}
