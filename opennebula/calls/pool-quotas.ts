// SPDX-License-Identifier: Apache-2.0
import type { CallOptions, OneClient } from "../client";
import { namedFromXml, type Named } from "../objects/parts";
import { DEFAULT_LIMIT, quotasFromXml, UNLIMITED, type Quotas } from "../objects/quotas";
import { parseXml } from "../xml";

/** A limit that is set, for one user or group, and what of it is used. */
export interface QuotaUse {
  /** The user's or group's name. */
  name: string;
  section: keyof Quotas;
  /** oned's word, e.g. `MEMORY`, `LEASES`. */
  resource: string;
  /** Id of the datastore, network or image that is meant; empty for VMs. */
  object: string;
  limit: number;
  used: number;
}

/**
 * Every limit of all users or all groups, in one call: the pool has quotas beside its members, where lists leave them out. A limit of
 * oned's default is that default's.
 */
export async function poolQuotas(
  client: OneClient,
  kind: "user" | "group",
  options?: CallOptions,
): Promise<QuotaUse[]> {
  const method = `one.${kind}pool.info` as const;
  const names = new Map<number, string>();
  const held: { id: number; quotas: Quotas }[] = [];
  let defaults: Quotas | undefined;
  parseXml(method, await client.call(method, [], options), (element) => {
    if (element.name === kind.toUpperCase()) {
      const { id, name }: Named = namedFromXml(element);
      names.set(id, name);
    } else if (element.name === "QUOTAS") held.push({ id: element.int("ID", -1), quotas: quotasFromXml(element) });
    else if (element.name === `DEFAULT_${kind.toUpperCase()}_QUOTAS`) defaults = quotasFromXml(element);
  });
  return held.flatMap(({ id, quotas }) => limitsOf(names.get(id) ?? String(id), quotas, defaults));
}

function limitsOf(name: string, quotas: Quotas, defaults: Quotas | undefined): QuotaUse[] {
  return (Object.keys(quotas) as (keyof Quotas)[]).flatMap((section) =>
    quotas[section].flatMap((member) => {
      const object = member.ID ?? "";
      const fallback = defaults?.[section].find((one) => (one.ID ?? "") === object);
      return Object.entries(member).flatMap(([resource, text]): QuotaUse[] => {
        const used = member[`${resource}_USED`];
        const limit = text === DEFAULT_LIMIT ? (fallback?.[resource] ?? UNLIMITED) : text;
        if (used === undefined || Number(limit) < 0) return [];
        return [{ name, section, resource, object, limit: Number(limit), used: Number(used) }];
      });
    }),
  );
}
