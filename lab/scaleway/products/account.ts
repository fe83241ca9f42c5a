// SPDX-License-Identifier: Apache-2.0
import { randomUUID } from "node:crypto";
import { forbidden, notFound, preconditionFailed } from "../core/errors";
import type { Project, Row } from "../core/model";
import { byName, byOrganization, projectOf, Resource } from "../core/resources";
import type { Route } from "../core/router";
import type { World } from "../core/world";
import { addDefaultVpcs, removeDefaultVpcs } from "./vpc";

const holders = ["sshKeys", "vpcs", "privateNetworks", "ips", "servers", "flexibleIps", "dnsZones", "secrets"] as const;

/** Account v3: projects. A project brings its default VPCs along, as at the real API. */
export function accountRoutes(world: World): Route[] {
  const projects = new Resource(world, {
    table: "projects",
    product: "account",
    path: "/account/v3/projects",
    listKey: "projects",
    resource: "project",
    missing: (id) => notFound("project_id", id),
    create: ({ body }) => {
      const organizationId = body.string("organization_id", world.store.state.organizationId);
      const name = body.string("name", `project-${randomUUID().slice(0, 8)}`);
      const description = body.string("description", "");
      body.check();
      if (organizationId !== world.store.state.organizationId) throw forbidden("project", "write");
      return addProject(world, { id: randomUUID(), name, description });
    },
    // GET shows the qualification, POST and PATCH answer null (recorded).
    view: (row) => ({ ...row.api, qualification: { architecture_type: "unknown_architecture_type" } }),
    created: (row) => ({ ...row.api, qualification: null }),
    updated: (row) => ({ ...row.api, qualification: null }),
    update: (row, { body }) => {
      row.api.name = body.string("name", row.api.name);
      row.api.description = body.string("description", row.api.description);
    },
    remove: (row) => {
      refuseUnlessEmpty(world, row);
      removeDefaultVpcs(world, row.id);
      return undefined;
    },
    filters: { name: byName, organization_id: byOrganization, project_ids: (row, id) => row.id === id },
  });
  return projects.routes();
}

/** Adds a project and a default VPC for it in each region. */
export function addProject(world: World, project: { id: string; name: string; description: string }): Row<Project> {
  const now = world.clock.timestamp();
  const row = world.store.insert("projects", {
    id: project.id,
    scope: "",
    api: { ...project, organization_id: world.store.state.organizationId, created_at: now, updated_at: now },
    internal: undefined,
  });
  addDefaultVpcs(world, project.id);
  return row;
}

/** A deleted secret is shown for a while, but holds nothing any more. */
function isGoing(api: object): boolean {
  return "deletion_requested_at" in api && api.deletion_requested_at !== null;
}

function refuseUnlessEmpty(world: World, row: Row<Project>): void {
  if (row.id === world.store.state.projectId) {
    throw preconditionFailed("resource_not_usable", "the default project cannot be deleted");
  }
  for (const table of holders) {
    const held = world.store
      .all(table)
      .some(({ api }) => projectOf(api) === row.id && !("is_default" in api && api.is_default) && !isGoing(api));
    if (held) throw preconditionFailed("resource_still_in_use", `the project still holds ${table}`);
  }
}
