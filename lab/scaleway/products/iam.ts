// SPDX-License-Identifier: Apache-2.0
import { randomBytes, randomUUID } from "node:crypto";
import type { Body } from "../core/body";
import { forbidden, notFound } from "../core/errors";
import type { Application, Group, Policy, PolicyRule } from "../core/model";
import { hashSecret } from "../core/permissions";
import { byName, byOrganization, byTag, Resource, type Kind } from "../core/resources";
import { ok, type Answer, type ApiRequest, type Route } from "../core/router";
import type { World } from "../core/world";

/** IAM v1alpha1: applications, groups with members, policies with rules, API keys. SSH keys: `ssh-keys.ts`. */
export function iamRoutes(world: World): Route[] {
  return [...applicationRoutes(world), ...groupRoutes(world), ...policyRoutes(world), ...apiKeyRoutes(world)];
}

type Named = Pick<Application | Group | Policy, "name" | "description" | "tags">;

function newNamed(world: World, body: Body): Omit<Application, "nb_api_keys"> {
  const organizationId = body.string("organization_id", world.store.state.organizationId);
  const now = world.clock.timestamp();
  const named = {
    id: randomUUID(),
    name: body.string("name"),
    description: body.string("description", ""),
    created_at: now,
    updated_at: now,
    organization_id: organizationId,
    editable: true,
    deletable: true,
    managed: false,
    tags: body.strings("tags"),
  };
  body.check();
  if (organizationId !== world.store.state.organizationId) throw forbidden("organization", "write");
  return named;
}

function updateNamed(api: Named, body: Body): void {
  api.name = body.string("name", api.name);
  api.description = body.string("description", api.description);
  if (body.has("tags")) api.tags = body.strings("tags");
}

const iam = { product: "iam" } as const;

function applicationRoutes(world: World): Route[] {
  const keysOf = (id: string) => world.store.all("apiKeys").filter(({ api }) => api.application_id === id);
  const applications = new Resource(world, {
    ...iam,
    table: "applications",
    path: "/iam/v1alpha1/applications",
    listKey: "applications",
    resource: "application",
    create: ({ body }) => {
      const api = { ...newNamed(world, body), nb_api_keys: 0 };
      return world.store.insert("applications", { id: api.id, scope: "", api, internal: undefined });
    },
    view: (row) => ({ ...row.api, nb_api_keys: keysOf(row.id).length }),
    update: (row, { body }) => updateNamed(row.api, body),
    // An application takes its keys along and leaves its groups.
    remove: (row) => {
      for (const key of keysOf(row.id)) world.store.remove("apiKeys", key.id);
      for (const { api } of world.store.all("groups")) {
        api.application_ids = api.application_ids.filter((id) => id !== row.id);
      }
      return undefined;
    },
    filters: { name: byName, organization_id: byOrganization, tag: byTag, application_ids: (row, id) => row.id === id },
  });
  return applications.routes();
}

function groupRoutes(world: World): Route[] {
  const groups = new Resource(world, {
    ...iam,
    table: "groups",
    path: "/iam/v1alpha1/groups",
    listKey: "groups",
    resource: "group",
    create: ({ body }) => {
      const api = { ...newNamed(world, body), user_ids: [], application_ids: [] };
      return world.store.insert("groups", { id: api.id, scope: "", api, internal: undefined });
    },
    update: (row, { body }) => updateNamed(row.api, body),
    remove: () => undefined,
    filters: {
      name: byName,
      organization_id: byOrganization,
      tag: byTag,
      application_ids: (row, id) => row.api.application_ids.includes(id),
      user_ids: (row, id) => row.api.user_ids.includes(id),
    },
  });
  const checkApplications = (ids: string[]): void => {
    const unknown = ids.find((id) => world.store.get("applications", id) === undefined);
    if (unknown !== undefined) throw notFound("application", unknown);
  };
  // Changing members leaves updated_at alone (recorded).
  const members =
    (change: (group: Group, body: Body) => void) =>
    (request: ApiRequest): Answer => {
      const row = groups.load(request);
      change(row.api, request.body);
      request.body.check();
      world.store.changed();
      return ok(groups.view(row));
    };
  const addTo = (list: string[], ids: string[]): string[] => [...new Set([...list, ...ids])];
  const listOf = (id: string | null): string[] => (id === null ? [] : [id]);
  return [
    ...groups.routes(),
    groups.route(
      "PUT",
      "/:id/members",
      members((group, body) => {
        const applications = body.strings("application_ids");
        checkApplications(applications);
        group.application_ids = applications;
        group.user_ids = body.strings("user_ids");
      }),
    ),
    groups.route(
      "POST",
      "/:id/add-members",
      members((group, body) => {
        const applications = body.strings("application_ids");
        checkApplications(applications);
        group.application_ids = addTo(group.application_ids, applications);
        group.user_ids = addTo(group.user_ids, body.strings("user_ids"));
      }),
    ),
    groups.route(
      "POST",
      "/:id/add-member",
      members((group, body) => {
        const applications = listOf(body.optionalString("application_id"));
        checkApplications(applications);
        group.application_ids = addTo(group.application_ids, applications);
        group.user_ids = addTo(group.user_ids, listOf(body.optionalString("user_id")));
      }),
    ),
    groups.route(
      "POST",
      "/:id/remove-member",
      members((group, body) => {
        const [application, user] = [body.optionalString("application_id"), body.optionalString("user_id")];
        group.application_ids = group.application_ids.filter((id) => id !== application);
        group.user_ids = group.user_ids.filter((id) => id !== user);
      }),
    ),
  ];
}

const principals = ["application_id", "group_id", "user_id"] as const;

function policyRoutes(world: World): Route[] {
  const kind: Kind<"policies"> = {
    ...iam,
    table: "policies",
    path: "/iam/v1alpha1/policies",
    listKey: "policies",
    resource: "policy",
    create: ({ body }) => {
      const rules = body.objects("rules").map(readRule);
      const api: Policy = { ...newNamed(world, body), nb_rules: 0, nb_scopes: 0, nb_permission_sets: 0 };
      setPrincipal(world, api, body);
      return world.store.insert("policies", { id: api.id, scope: "", api, internal: { rules } });
    },
    // The counts are only right from the first GET on (recorded).
    created: (row) => row.api,
    view: (row) => ({ ...row.api, ...counts(row.internal.rules) }),
    update: (row, { body }) => {
      updateNamed(row.api, body);
      setPrincipal(world, row.api, body);
    },
    remove: () => undefined,
    filters: {
      policy_name: byName,
      organization_id: byOrganization,
      tag: byTag,
      application_ids: (row, id) => row.api.application_id === id,
      group_ids: (row, id) => row.api.group_id === id,
    },
  };
  const policies = new Resource(world, kind);
  const rulesRoute = { ...iam, resource: "policy", pattern: "/iam/v1alpha1/rules" };
  return [
    ...policies.routes(),
    {
      ...rulesRoute,
      method: "GET",
      handle: (request) => {
        const { rules } = policies.load(request, request.query.get("policy_id") ?? "").internal;
        return ok({ rules, total_count: rules.length });
      },
    },
    {
      ...rulesRoute,
      method: "PUT",
      handle: (request) => {
        const row = policies.load(request, request.body.string("policy_id"));
        const rules = request.body.objects("rules").map(readRule);
        request.body.check();
        row.internal.rules = rules;
        policies.touch(row);
        return ok({ rules });
      },
    },
  ];
}

// A new principal is set beside the one before (recorded: both are shown), and grants from then on.
function setPrincipal(world: World, api: Policy, body: Body): void {
  for (const name of principals) {
    const id = body.optionalString(name);
    if (id === null) continue;
    if (name === "application_id" && world.store.get("applications", id) === undefined)
      throw notFound("application", id);
    if (name === "group_id" && world.store.get("groups", id) === undefined) throw notFound("group", id);
    api[name] = id;
  }
  if (body.boolean("no_principal", false)) api.no_principal = true;
}

function readRule(body: Body): PolicyRule {
  const rule: PolicyRule = {
    id: randomUUID(),
    permission_set_names: body.strings("permission_set_names"),
    permission_sets_scope_type: "projects",
    condition: body.string("condition", ""),
  };
  const organizationId = body.optionalString("organization_id");
  if (organizationId !== null) rule.organization_id = organizationId;
  if (body.has("project_ids")) rule.project_ids = body.strings("project_ids");
  body.check();
  return rule;
}

function counts(rules: PolicyRule[]): Pick<Policy, "nb_rules" | "nb_scopes" | "nb_permission_sets"> {
  const scopes = rules.map((rule) => rule.organization_id ?? (rule.project_ids ?? []).join(","));
  const sets = rules.flatMap((rule) => rule.permission_set_names);
  return { nb_rules: rules.length, nb_scopes: new Set(scopes).size, nb_permission_sets: new Set(sets).size };
}

function apiKeyRoutes(world: World): Route[] {
  // The secret is shown once, in the answer to the POST; the state has its hash, and a sealed copy for signatures.
  let shownOnce: { accessKey: string; secret: string } | undefined;
  const keys = new Resource(world, {
    ...iam,
    table: "apiKeys",
    path: "/iam/v1alpha1/api-keys",
    listKey: "api_keys",
    resource: "api_key",
    missing: (id) => notFound("access_key", id),
    create: ({ body, remoteAddress }) => {
      const [applicationId, userId] = [body.optionalString("application_id"), body.optionalString("user_id")];
      if ((applicationId === null) === (userId === null)) {
        body.refuse("application_id", "exactly one of application_id and user_id is required", "");
      }
      const expiresAt = body.optionalString("expires_at");
      if (expiresAt !== null && Number.isNaN(Date.parse(expiresAt))) body.refuse("expires_at", "must be a time", "");
      const projectId = body.string("default_project_id", world.store.state.organizationId);
      const now = world.clock.timestamp();
      const api = {
        access_key: newAccessKey(),
        secret_key: null,
        description: body.string("description", ""),
        created_at: now,
        updated_at: now,
        expires_at: expiresAt,
        default_project_id: projectId,
        editable: true,
        deletable: true,
        managed: false,
        creation_ip: remoteAddress,
        ...(applicationId === null ? {} : { application_id: applicationId }),
        ...(userId === null ? {} : { user_id: userId }),
      };
      body.check();
      if (applicationId !== null && world.store.get("applications", applicationId) === undefined) {
        throw notFound("application", applicationId);
      }
      const secret = randomUUID();
      shownOnce = { accessKey: api.access_key, secret };
      const internal = { secretHash: hashSecret(secret), sealedSecret: world.vault.seal(secret) };
      return world.store.insert("apiKeys", { id: api.access_key, scope: "", api, internal });
    },
    created: (row) => {
      const secret = shownOnce?.accessKey === row.id ? shownOnce.secret : null;
      shownOnce = undefined;
      return { ...row.api, secret_key: secret };
    },
    update: (row, { body }) => {
      row.api.description = body.string("description", row.api.description);
      row.api.default_project_id = body.string("default_project_id", row.api.default_project_id);
      if (body.has("expires_at")) row.api.expires_at = body.optionalString("expires_at");
    },
    remove: () => undefined,
    filters: {
      application_id: (row, id) => row.api.application_id === id,
      bearer_id: (row, id) => row.api.application_id === id || row.api.user_id === id,
      access_keys: (row, key) => row.id === key,
      access_key: (row, key) => row.id === key,
      default_project_id: (row, id) => row.api.default_project_id === id,
    },
  });
  return keys.routes();
}

/** An access key in Scaleway's form: `SCW` and 17 capital letters or digits. */
export function newAccessKey(): string {
  const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
  return `SCW${[...randomBytes(17)].map((byte) => alphabet[byte % alphabet.length]).join("")}`;
}
