// SPDX-License-Identifier: Apache-2.0
import { invalidArguments, notFound } from "../core/errors";
import type { JsonObject } from "../core/json";
import type { Server, Tables } from "../core/model";
import type { Resource } from "../core/resources";
import { ok, type Route } from "../core/router";
import { schedule, type World } from "../core/world";
import { findOffer, optionFor } from "./baremetal-catalogue";

/** Elastic Metal v1: options of a server. An enabled option puts its own tag on the server, as the API does. */
export function serverOptionRoutes(world: World, servers: Resource<"servers">): Route[] {
  registerTransitions(world);
  const later = (type: string, row: Tables["servers"], option: string): void => {
    const job = { type, target: row.id, delay: world.clock.delay("option"), data: { option } };
    schedule(world, { ...job, transition: "option", name: row.api.name });
  };
  return [
    servers.route("POST", "/:id/options/:option", (request) => {
      const row = servers.load(request);
      const id = request.params["option"] ?? "";
      const option = optionFor(findOffer(row.api.offer_id), id);
      const expiresAt = request.body.optionalString("expires_at");
      request.body.check();
      if (option === undefined) {
        throw invalidArguments({ argument: "option_id", help: "option not available for this offer" });
      }
      if (row.api.options.some((present) => present.id === id)) {
        throw invalidArguments({ argument: "option_id", help: "option already enabled on this server" });
      }
      row.api.options.push({ ...option, status: "option_status_enabling", expires_at: expiresAt });
      servers.touch(row);
      later("option.enable", row, id);
      return ok(row.api);
    }),
    servers.route("DELETE", "/:id/options/:option", (request) => {
      const row = servers.load(request);
      const id = request.params["option"] ?? "";
      const option = row.api.options.find((present) => present.id === id);
      if (option === undefined) throw notFound("option", id);
      option.status = "option_status_disabling";
      row.api.tags = row.api.tags.filter((tag) => tag !== tagOf(option.name));
      servers.touch(row);
      later("option.disable", row, id);
      return ok(row.api);
    }),
  ];
}

function registerTransitions(world: World): void {
  const on = (type: string, step: (server: Server, optionId: string, data: JsonObject) => void): void =>
    world.scheduler.on(type, ({ target, data }) => {
      const row = world.store.get("servers", target);
      if (row !== undefined && typeof data["option"] === "string") step(row.api, data["option"], data);
    });
  on("option.enable", (server, id, { outcome }) => {
    const option = server.options.find((present) => present.id === id);
    if (option?.status !== "option_status_enabling") return;
    option.status = outcome === undefined ? "option_status_enable" : "option_status_error";
    const tag = tagOf(option.name);
    if (!server.tags.includes(tag)) server.tags.push(tag);
  });
  on("option.disable", (server, id) => {
    server.options = server.options.filter((option) => option.id !== id || option.status !== "option_status_disabling");
  });
}

/** `Private Network` puts `PrivateNetwork` on the server. */
function tagOf(name: string): string {
  return name.replaceAll(" ", "");
}
