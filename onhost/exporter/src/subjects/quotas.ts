// SPDX-License-Identifier: Apache-2.0
import { poolQuotas } from "../../../../opennebula";
import { gauge, type Subject } from "./subject";

/** Of groups alone: oned shows the login tokens of users to whoever may read their quotas. */
const KIND = "group";

export const quotas: Subject = {
  name: "quotas",
  read: async (look) => {
    const help = "Used part of a group's quota; of several of a kind (networks, datastores, images) the fullest.";
    const ratio = gauge(look, "quota_used_ratio", help, ["kind", "name", "resource"]);
    const fullest = new Map<string, { name: string; resource: string; value: number }>();
    for (const { name, resource, limit, used } of await poolQuotas(look.one.client, KIND)) {
      // A limit of 0 forbids; nobody can fill it up.
      if (limit === 0) continue;
      const key = JSON.stringify([name, resource]);
      const value = Math.max(fullest.get(key)?.value ?? 0, used / limit);
      fullest.set(key, { name, resource: resource.toLowerCase(), value });
    }
    for (const { name, resource, value } of fullest.values()) ratio.set({ kind: KIND, name, resource }, value);
  },
};
