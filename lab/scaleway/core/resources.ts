// SPDX-License-Identifier: Apache-2.0
import { forbidden, notFound, type ApiError } from "./errors";
import { paginate, type SortKeys } from "./lists";
import type { TableName, Tables } from "./model";
import { actionOf, noContent, ok, type Answer, type ApiRequest, type Route } from "./router";
import type { Product } from "./permissions";
import type { World } from "./world";

/** What create, read, list, update and delete of one kind of object need to know. */
export interface Kind<Name extends TableName> {
  table: Name;
  product: Product;
  /** Path of the collection; its `:zone` or `:region` is the scope of the rows. */
  path: string;
  /** Key of the list in its answer. */
  listKey: string;
  /** The kind's name in a 403. */
  resource: string;
  /** The answer about an id that does not exist; default 404 `not_found` of `resource`. */
  missing?: (id: string) => ApiError;
  create(request: ApiRequest): Tables[Name];
  /** Changes the fields that the body has. */
  update(row: Tables[Name], request: ApiRequest): void;
  /** Refuses (throws) or prepares the removal; an own answer replaces 204 and leaves the removal to the kind. */
  remove(row: Tables[Name], request: ApiRequest): Answer | undefined;
  /** What GET and lists show; default the row's `api`. */
  view?(row: Tables[Name]): object;
  /** What the answer to POST shows; default `view`. */
  created?(row: Tables[Name]): object;
  /** What the answer to PATCH shows; default `view`. */
  updated?(row: Tables[Name]): object;
  /** Query parameters that narrow the list. */
  filters: Record<string, (row: Tables[Name], value: string) => boolean>;
}

const sortKeys: SortKeys<{ seq: number; api: object }> = {
  created_at: (row) => row.seq,
  updated_at: (row) => text(row.api, "updated_at"),
  name: (row) => text(row.api, "name"),
};

function text(api: object, key: string): string {
  const value = (api as Record<string, unknown>)[key];
  return typeof value === "string" ? value : "";
}

/** The project that an object belongs to; undefined for those of the organization. */
export function projectOf(api: object): string | undefined {
  return text(api, "project_id") || undefined;
}

/** One kind of object: its five routes, and lookups for other routes of the product. */
export class Resource<Name extends TableName> {
  constructor(
    private readonly world: World,
    readonly kind: Kind<Name>,
  ) {}

  /**
   * The row that a request's `:id` (or `id`) names, in the scope of its path.
   * @throws ApiError 404 (or what the kind says instead), 403
   */
  load(request: ApiRequest, id = request.params["id"] ?? ""): Tables[Name] {
    const row = this.world.store.get(this.kind.table, id);
    if (row === undefined || row.scope !== scopeOf(request)) throw this.missing(id);
    this.authorize(request, projectOf(row.api));
    return row;
  }

  /** @throws ApiError 403 unless the sender may do this in the project and the project exists. */
  authorize(request: ApiRequest, projectId: string | undefined): void {
    const action = actionOf(request.method);
    const known = projectId === undefined || this.world.store.get("projects", projectId) !== undefined;
    if (!known || !request.principal.can(this.kind.product, action, projectId)) {
      throw forbidden(this.kind.resource, action);
    }
  }

  missing(id: string): ApiError {
    return this.kind.missing?.(id) ?? notFound(this.kind.resource, id);
  }

  view(row: Tables[Name]): object {
    return this.kind.view?.(row) ?? row.api;
  }

  touch(row: Tables[Name]): void {
    row.api.updated_at = this.world.clock.timestamp();
    this.world.store.changed();
  }

  /** A route beside the five; `tail` begins with a slash. */
  route(method: Route["method"], tail: string, handle: Route["handle"]): Route {
    const { product, resource, path } = this.kind;
    return { method, pattern: `${path}${tail}`, product, resource, handle };
  }

  list(request: ApiRequest): Answer {
    const { query } = request;
    const rows = this.world.store.all(this.kind.table).filter((row) => this.listed(row, request));
    const { items, total } = paginate(rows, query, sortKeys);
    return ok({ [this.kind.listKey]: items.map((row) => this.view(row)), total_count: total });
  }

  routes(): Route[] {
    const { kind } = this;
    return [
      this.route("GET", "", (request) => this.list(request)),
      this.route("POST", "", (request) => {
        const row = kind.create(request);
        return ok(kind.created?.(row) ?? this.view(row));
      }),
      this.route("GET", "/:id", (request) => ok(this.view(this.load(request)))),
      this.route("PATCH", "/:id", (request) => {
        const row = this.load(request);
        const before = structuredClone(row.api);
        try {
          kind.update(row, request);
          request.body.check();
        } catch (error) {
          // A refused change changes nothing.
          Object.assign(row.api, before);
          throw error;
        }
        this.touch(row);
        return ok(kind.updated?.(row) ?? this.view(row));
      }),
      this.route("DELETE", "/:id", (request) => {
        const row = this.load(request);
        const answer = kind.remove(row, request);
        if (answer !== undefined) return answer;
        this.world.store.remove(kind.table, row.id);
        return noContent;
      }),
    ];
  }

  private listed(row: Tables[Name], request: ApiRequest): boolean {
    if (row.scope !== scopeOf(request)) return false;
    if (!request.principal.can(this.kind.product, "read", projectOf(row.api))) return false;
    return Object.entries(this.kind.filters).every(([name, matches]) => {
      const values = request.query.getAll(name);
      return values.length === 0 || values.some((value) => matches(row, value));
    });
  }
}

export function scopeOf(request: ApiRequest): string {
  return request.params["zone"] ?? request.params["region"] ?? "";
}

/** Filters that most lists have. `name` finds parts of names, as the API does. */
export const byName = (row: { api: { name: string } }, value: string): boolean => row.api.name.includes(value);
export const byProject = (row: { api: { project_id: string } }, value: string): boolean => row.api.project_id === value;
export const byOrganization = (row: { api: { organization_id: string } }, value: string): boolean =>
  row.api.organization_id === value;
export const byTag = (row: { api: { tags: string[] } }, value: string): boolean =>
  value.split(",").every((tag) => row.api.tags.includes(tag));
