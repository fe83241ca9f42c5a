// SPDX-License-Identifier: Apache-2.0
import { invalidArguments } from "./errors";

/** What every list of the API understands: `page` from 1, `page_size` (default 50, at most 100), `order_by`. */
export interface Listing<T> {
  items: T[];
  total: number;
}

/** A field by which a list can be ordered; lists without `order_by` are in order of creation. */
export type SortKeys<T> = Record<string, (item: T) => string | number>;

/**
 * Sorts by `order_by=<key>_<asc|desc>` and cuts one page out.
 * @throws ApiError 400 for a page that is no positive number or an order that does not exist.
 */
export function paginate<T>(items: T[], query: URLSearchParams, keys: SortKeys<T>): Listing<T> {
  const page = positive(query, "page", 1);
  const size = Math.min(positive(query, "page_size", 50), 100);
  const sorted = sort(items, query.get("order_by"), keys);
  return { items: sorted.slice((page - 1) * size, page * size), total: items.length };
}

function positive(query: URLSearchParams, name: string, fallback: number): number {
  const text = query.get(name);
  if (text === null) return fallback;
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) {
    throw invalidArguments({ argument: name, help: "must be a positive whole number" });
  }
  return value;
}

function sort<T>(items: T[], order: string | null, keys: SortKeys<T>): T[] {
  if (order === null) return items;
  const parts = /^(.+)_(asc|desc)$/.exec(order);
  const key = parts?.[1] === undefined ? undefined : keys[parts[1]];
  if (key === undefined) {
    throw invalidArguments({
      argument: "order_by",
      help: `must be one of ${Object.keys(keys).join(", ")}, _asc or _desc`,
    });
  }
  const sign = parts?.[2] === "desc" ? -1 : 1;
  return [...items].sort((a, b) => {
    const [x, y] = [key(a), key(b)];
    return x === y ? 0 : x < y ? -sign : sign;
  });
}
