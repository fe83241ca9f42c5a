// SPDX-License-Identifier: Apache-2.0
import { randomUUID } from "node:crypto";
import type { Body } from "../core/body";
import { forbidden, notFound } from "../core/errors";
import { paginate } from "../core/lists";
import type { DnsRecord, DnsZone, Row } from "../core/model";
import { actionOf, noContent, ok, type ApiRequest, type Route } from "../core/router";
import type { World } from "../core/world";

const nameServers = ["ns0.dom.scw.cloud", "ns1.dom.scw.cloud"];
const product = "dns" as const;

/** Domains and DNS v2beta1: zones and their records. Nothing here answers DNS queries. */
export function dnsRoutes(world: World): Route[] {
  const zoneOf = (request: ApiRequest): Row<DnsZone> => {
    const name = request.params["dnsZone"] ?? "";
    const zone = world.store.get("dnsZones", name);
    if (zone === undefined) throw notFound("dns-zone", name);
    const action = actionOf(request.method);
    if (!request.principal.can(product, action, zone.api.project_id)) throw forbidden("dns-zone", action);
    return zone;
  };
  const recordsOf = (zone: Row<DnsZone>) => world.store.all("dnsRecords").filter(({ scope }) => scope === zone.id);
  const route = (method: Route["method"], tail: string, handle: Route["handle"]): Route => {
    return { method, pattern: `/domain/v2beta1/dns-zones${tail}`, product, resource: "dns-zone", handle };
  };
  return [
    route("GET", "", ({ query, principal }) => {
      const wanted = [...query.getAll("dns_zones"), ...query.getAll("dns_zone")].filter((name) => name !== "");
      const found = world.store
        .all("dnsZones")
        .filter(
          ({ id, api }) =>
            (wanted.length === 0 || wanted.includes(id)) && principal.can(product, "read", api.project_id),
        )
        .filter(({ api }) => [null, "", api.project_id].includes(query.get("project_id")));
      const { items, total } = paginate(found, query, { domain: ({ id }) => id, created_at: ({ seq }) => seq });
      return ok({ dns_zones: items.map(({ api }) => api), total_count: total });
    }),
    route("POST", "", ({ body, principal }) => {
      const domain = body.string("domain");
      const subdomain = body.string("subdomain", "");
      const project = body.string("project_id", world.store.state.projectId);
      body.check();
      if (world.store.get("projects", project) === undefined || !principal.can(product, "write", project))
        throw forbidden("dns-zone", "write");
      return ok(addZone(world, domain, subdomain, project).api);
    }),
    route("DELETE", "/:dnsZone", (request) => {
      const zone = zoneOf(request);
      for (const { id } of recordsOf(zone)) world.store.remove("dnsRecords", id);
      world.store.remove("dnsZones", zone.id);
      return noContent;
    }),
    route("GET", "/:dnsZone/records", (request) => {
      const { query } = request;
      const [id, name, type] = ["id", "name", "type"].map((key) => query.get(key) ?? "");
      const found = recordsOf(zoneOf(request)).filter(({ api }) =>
        id !== ""
          ? api.id === id
          : (name === "" || api.name === name) && (!type || type === "unknown" || api.type === type),
      );
      const { items, total } = paginate(found, query, { name: ({ api }) => api.name });
      return ok({ records: items.map(({ api }) => api), total_count: total });
    }),
    route("PATCH", "/:dnsZone/records", (request) => {
      const zone = zoneOf(request);
      const changed = request.body.objects("changes").map((change) => planChange(world, zone, change));
      request.body.check();
      const records = changed.flatMap((apply) => apply());
      world.store.changed();
      const all = request.body.boolean("return_all_records", false);
      return ok({ records: all ? recordsOf(zone).map(({ api }) => api) : records });
    }),
  ];
}

function addZone(world: World, domain: string, subdomain: string, project: string): Row<DnsZone> {
  const name = subdomain === "" ? domain : `${subdomain}.${domain}`;
  const api: DnsZone = {
    domain,
    subdomain,
    ns: nameServers,
    ns_default: nameServers,
    ns_master: [],
    status: "active",
    message: null,
    project_id: project,
    linked_products: [],
    updated_at: world.clock.timestamp(),
  };
  return world.store.insert("dnsZones", { id: name, scope: "", api, internal: undefined });
}

/** Reads one change; what it returns carries it out, once the whole request is known to be right. */
function planChange(world: World, zone: Row<DnsZone>, change: Body): () => DnsRecord[] {
  const idOf = (body: Body): string => {
    const id = body.string("id");
    return world.store.get("dnsRecords", id)?.scope === zone.id ? id : body.refuse("id", "no record of this zone", "");
  };
  const added = change.object("add")?.objects("records").map(readRecord);
  if (added) return () => added.map((record) => insertRecord(world, zone, record));
  const deleted = change.object("delete");
  if (deleted) {
    const id = idOf(deleted);
    return () => {
      world.store.remove("dnsRecords", id);
      return [];
    };
  }
  const set = change.object("set");
  if (set) {
    const id = idOf(set);
    const records = set.objects("records").map(readRecord);
    return () => {
      const row = world.store.get("dnsRecords", id)!;
      return records.map((record) => Object.assign(row.api, record, { updated_at: world.clock.timestamp() }));
    };
  }
  return change.refuse("changes", "must be add, set or delete", () => []);
}

type RecordData = Pick<DnsRecord, "name" | "type" | "data" | "ttl" | "priority" | "comment">;

function readRecord(body: Body): RecordData {
  return {
    comment: body.optionalString("comment"),
    data: body.string("data"),
    name: body.string("name", ""),
    priority: body.number("priority", 0),
    ttl: body.number("ttl", 3600),
    type: body.string("type"),
  };
}

function insertRecord(world: World, zone: Row<DnsZone>, record: RecordData): DnsRecord {
  const api = { ...record, id: randomUUID(), updated_at: world.clock.timestamp() };
  world.store.insert("dnsRecords", { id: api.id, scope: zone.id, api, internal: undefined });
  return api;
}
