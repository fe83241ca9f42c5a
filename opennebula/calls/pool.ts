// SPDX-License-Identifier: Apache-2.0
import type { CallOptions, OneClient } from "../client";
import { InvalidValueError } from "../errors";
import { KINDS, type Kind, type ListedOf } from "../objects/kinds";
import type { Named } from "../objects/parts";
import type { MethodName } from "../signatures";
import { parseXml, type XmlElement } from "../xml";

/** Whose objects a pool gives. */
export enum PoolFilter {
  MineAndMyPrimaryGroups = -4,
  Mine = -3,
  /** All that the user may see. */
  All = -2,
  MineAndMyGroups = -1,
}

/** Which VMs a pool gives, besides a single state. */
export enum VmFilter {
  /** Any state but done. */
  NotDone = -1,
  /** Done ones too. */
  Any = -2,
}

export interface PoolQuery extends CallOptions {
  /** Of no effect for kinds that have no owner, and for datastores and marketplaces. @default PoolFilter.All */
  filter?: PoolFilter;
  /** VMs: a `VmState` or {@link VmFilter}, by default those not done. Documents: their type, by default OneFlow's services. */
  only?: number;
  /** Objects a call. @default 1000, about 2.5 MB of VMs */
  pageSize?: number;
}

const ONEFLOW_SERVICE = 100;

/**
 * A pool page by page. Pages overlap by one object: if it is gone, objects have moved up between two calls, and the page is asked
 * for again further up, so that a deletion never hides an object. One that was seen already is left out.
 */
export async function* poolPages<K extends Kind>(
  client: OneClient,
  kind: K,
  query: PoolQuery = {},
): AsyncGenerator<ListedOf<K>[]> {
  const { filter = PoolFilter.All, pageSize = 1000, only, ...options } = query;
  const { pool } = KINDS[kind];
  if (pool === "plain") {
    yield await readPool(client, kind, [], options);
    return;
  }
  const typed = pool === "typed" ? [only ?? (kind === "vm" ? VmFilter.NotDone : ONEFLOW_SERVICE)] : [];
  if (pageSize < 2) throw new InvalidValueError("pageSize", "must be 2 at least, for pages overlap by one object");
  const seen = new Set<number>();
  let start = 0;
  for (;;) {
    // A negative end means a page: so many objects from the offset on.
    const page = await readPool(client, kind, [filter, start, -pageSize, ...typed], options);
    if (start > 0 && !page.some(({ id }) => seen.has(id))) {
      start = Math.max(0, start - Math.ceil(pageSize / 2));
      continue;
    }
    const fresh = page.filter(({ id }) => !seen.has(id));
    for (const { id } of fresh) seen.add(id);
    if (fresh.length > 0) yield fresh;
    if (page.length < pageSize) return;
    start += page.length - 1;
  }
}

async function readPool<K extends Kind>(
  client: OneClient,
  kind: K,
  parameters: number[],
  options: CallOptions,
): Promise<ListedOf<K>[]> {
  const method = `one.${kind}pool.info` as MethodName;
  const description: { element: string; fromXml: Maker; listedFromXml?: Maker } = KINDS[kind];
  const make = description.listedFromXml ?? description.fromXml;
  const found: Named[] = [];
  parseXml(method, (await client.call(method, parameters as never, options)) as string, (member) => {
    if (member.name === description.element) found.push(make(member));
  });
  return found as ListedOf<K>[];
}

type Maker = (element: XmlElement) => Named;
