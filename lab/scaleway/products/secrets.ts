// SPDX-License-Identifier: Apache-2.0
import { randomUUID } from "node:crypto";
import { alreadyExists, forbidden, notFound, preconditionFailed } from "../core/errors";
import { paginate } from "../core/lists";
import type { Row, Secret, SecretVersion } from "../core/model";
import { byName, byProject, byTag, Resource } from "../core/resources";
import { noContent, ok, type Answer, type ApiRequest, type Route } from "../core/router";
import type { World } from "../core/world";

type SecretRow = Row<Secret>;
type VersionRow = Row<SecretVersion, { sealedData: string }>;

const types = ["opaque", "certificate", "key_value", "basic_credentials", "database_credentials", "ssh_key"];

/** What a version may hold, in bytes (Scaleway's limit). */
const LARGEST = 65_536;

/** Secret Manager v1beta1: secrets and their versions. Values lie sealed in the account's file; only `access` shows them. */
export function secretRoutes(world: World): Route[] {
  const { store, clock } = world;
  const secrets: Resource<"secrets"> = new Resource(world, {
    table: "secrets",
    product: "secrets",
    path: "/secret-manager/v1beta1/regions/:region/secrets",
    listKey: "secrets",
    resource: "secret",
    create: (request) => {
      const { body } = request;
      const projectId = body.string("project_id", store.state.projectId);
      const name = body.string("name");
      const type = body.string("type", "opaque");
      const path = body.string("path", "/");
      if (!types.includes(type)) body.refuse("type", `must be one of ${types.join(", ")}`, type);
      if (!path.startsWith("/")) body.refuse("path", "must begin with a slash", path);
      const [tags, description] = [body.strings("tags"), body.string("description", "")];
      const isProtected = body.boolean("protected", false);
      body.check();
      secrets.authorize(request, projectId);
      const region = request.params["region"] ?? "";
      const taken = store.all("secrets").some(({ scope, api }) => {
        const sameName = scope === region && api.name === name && api.path === path;
        return sameName && api.project_id === projectId && api.deletion_requested_at === null;
      });
      if (taken) throw alreadyExists("secret");
      const now = clock.timestamp();
      const api: Secret = {
        id: randomUUID(),
        project_id: projectId,
        name,
        status: "ready",
        created_at: now,
        updated_at: now,
        tags,
        version_count: 0,
        description,
        managed: false,
        type,
        protected: isProtected,
        path,
        ephemeral_policy: null,
        used_by: [],
        deletion_requested_at: null,
        key_id: null,
        region,
      };
      return store.insert("secrets", { id: api.id, scope: region, api, internal: undefined });
    },
    update: (row, { body }) => {
      row.api.name = body.string("name", row.api.name);
      row.api.description = body.string("description", row.api.description);
      row.api.path = body.string("path", row.api.path);
      if (body.has("tags")) row.api.tags = body.strings("tags");
    },
    remove: ({ api }) => {
      if (api.protected) throw preconditionFailed("protected_resource", "cannot delete a protected secret");
      // It stays to be seen, and to be taken back, for a week; its name is free at once.
      api.deletion_requested_at ??= clock.timestamp();
      store.changed();
      return noContent;
    },
    filters: { name: byName, project_id: byProject, tags: byTag, path: ({ api }, path) => api.path === path },
  });

  const versionsOf = ({ id }: SecretRow): VersionRow[] =>
    store.all("secretVersions").filter(({ scope }) => scope === id);
  const versionOf = (request: ApiRequest, secret = secrets.load(request)): VersionRow => {
    const wanted = request.params["revision"] ?? "";
    const all = versionsOf(secret).filter(({ api }) => api.deletion_requested_at === null);
    const usable = wanted === "latest_enabled" ? all.filter(({ api }) => api.status === "enabled") : all;
    const found = wanted.startsWith("latest")
      ? usable.at(-1)
      : usable.find(({ api }) => String(api.revision) === wanted);
    if (found === undefined) throw notFound("version", `${secret.id}/${wanted}`);
    return found;
  };
  const touched = (row: VersionRow): Answer => {
    row.api.updated_at = clock.timestamp();
    store.changed();
    return ok(row.api);
  };
  const guarded = (isProtected: boolean) => (request: ApiRequest) => {
    const row = secrets.load(request);
    row.api.protected = isProtected;
    secrets.touch(row);
    return ok(row.api);
  };

  return [
    secrets.route("GET", "", ({ query, params, principal }) => {
      const { filters } = secrets.kind;
      const going = query.get("scheduled_for_deletion") === "true";
      const rows = store
        .all("secrets")
        .filter(({ scope, api }) => scope === params["region"] && (api.deletion_requested_at !== null) === going)
        .filter(({ api }) => principal.can("secrets", "read", api.project_id))
        .filter((row) =>
          Object.entries(filters).every(([name, matches]) => {
            const value = query.get(name);
            return value === null || matches(row, value);
          }),
        );
      const { items, total } = paginate(rows, query, { created_at: ({ seq }) => seq, name: ({ api }) => api.name });
      return ok({ secrets: items.map(({ api }) => api), total_count: total });
    }),
    ...secrets.routes().filter(({ method, pattern }) => method !== "GET" || pattern.endsWith("/:id")),
    secrets.route("POST", "/:id/protect", guarded(true)),
    secrets.route("POST", "/:id/unprotect", guarded(false)),
    secrets.route("GET", "/:id/versions", (request) => {
      const { items, total } = paginate(versionsOf(secrets.load(request)), request.query, {});
      return ok({ versions: items.map(({ api }) => api), total_count: total });
    }),
    secrets.route("POST", "/:id/versions", (request) => {
      const secret = secrets.load(request);
      const { body } = request;
      const data = Buffer.from(body.string("data"), "base64");
      if (data.length > LARGEST) body.refuse("data", `must not be larger than ${LARGEST} bytes`, "");
      const description = body.string("description", "");
      const disablePrevious = body.boolean("disable_previous", false);
      body.check();
      const before = versionsOf(secret);
      for (const { api } of before) {
        if (disablePrevious && api.latest && api.status === "enabled") api.status = "disabled";
        api.latest = false;
      }
      const now = clock.timestamp();
      const api: SecretVersion = {
        revision: before.length + 1,
        secret_id: secret.id,
        status: "enabled",
        created_at: now,
        updated_at: now,
        deleted_at: null,
        description,
        latest: true,
        ephemeral_properties: null,
        deletion_requested_at: null,
        region: secret.scope,
      };
      store.insert("secretVersions", {
        id: `${secret.id}/${api.revision}`,
        scope: secret.id,
        api,
        internal: { sealedData: world.vault.seal(data.toString("base64")) },
      });
      secret.api.version_count = api.revision;
      return ok(api);
    }),
    secrets.route("GET", "/:id/versions/:revision", (request) => ok(versionOf(request).api)),
    secrets.route("PATCH", "/:id/versions/:revision", (request) => {
      const row = versionOf(request);
      const description = request.body.string("description", row.api.description);
      request.body.check();
      row.api.description = description;
      return touched(row);
    }),
    secrets.route("DELETE", "/:id/versions/:revision", (request) => {
      const row = versionOf(request);
      row.api.deletion_requested_at = clock.timestamp();
      touched(row);
      return noContent;
    }),
    {
      ...secrets.route("GET", "/:id/versions/:revision/access", (request) => {
        // Who may read values need not be allowed to look at secrets.
        const secret = store.get("secrets", request.params["id"] ?? "");
        if (secret === undefined || secret.scope !== request.params["region"])
          throw secrets.missing(request.params["id"]!);
        if (!request.principal.can("secretData", "read", secret.api.project_id)) throw forbidden("secret", "read");
        const { api, internal } = versionOf(request, secret);
        if (api.status !== "enabled") throw preconditionFailed("resource_not_usable", "the version is disabled");
        const data = world.vault.open(internal.sealedData);
        return ok({ secret_id: secret.id, revision: api.revision, data, data_crc32: null, type: secret.api.type });
      }),
      product: "secretData",
    },
  ];
}
