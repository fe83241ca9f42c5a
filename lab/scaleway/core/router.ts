// SPDX-License-Identifier: Apache-2.0
import type { Body } from "./body";
import type { Action, Principal, Product } from "./permissions";

export interface ApiRequest {
  method: string;
  path: string;
  params: Record<string, string>;
  query: URLSearchParams;
  body: Body;
  principal: Principal;
  remoteAddress: string;
}

export interface Answer {
  status: number;
  body?: object;
}

export interface Route {
  method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  /** Path with `:name` parameters; `:zone` and `:region` are checked before the handler runs. */
  pattern: string;
  /** Whose permission is needed, and what the API calls the thing in a 403. */
  product: Product;
  resource: string;
  handle(request: ApiRequest): Answer | Promise<Answer>;
}

export interface RouteMatch {
  route: Route;
  params: Record<string, string>;
}

export function actionOf(method: string): Action {
  return method === "GET" ? "read" : "write";
}

/** Finds the route of a request; literal segments win over parameters because of the order of the table. */
export class Router {
  private readonly table: { route: Route; expression: RegExp }[];

  constructor(routes: Route[]) {
    const parameters = (route: Route): number => route.pattern.split(":").length;
    const sorted = [...routes].sort((a, b) => parameters(a) - parameters(b));
    this.table = sorted.map((route) => ({ route, expression: compile(route.pattern) }));
  }

  find(method: string, path: string): RouteMatch | undefined {
    for (const { route, expression } of this.table) {
      const match = route.method === method ? expression.exec(path) : null;
      if (match === null) continue;
      const params = Object.entries(match.groups ?? {}).map(
        ([name, value]) => [name, decodeURIComponent(value)] as const,
      );
      return { route, params: Object.fromEntries(params) };
    }
    return undefined;
  }
}

function compile(pattern: string): RegExp {
  const source = pattern.split("/").map((part) => (part.startsWith(":") ? `(?<${part.slice(1)}>[^/]+)` : part));
  return new RegExp(`^${source.join("/")}$`);
}

export function ok(body: object): Answer {
  return { status: 200, body };
}

export const noContent: Answer = { status: 204 };
