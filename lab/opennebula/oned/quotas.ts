// SPDX-License-Identifier: Apache-2.0

import type { Quotas } from "./entities";
import type { State } from "./state";
import type { Template } from "./template";
import { renderVector, vectors } from "./template";

/** Sections in the order in which they are given back, with their metrics; all but VM are kept by resource id. */
export const QUOTA_METRICS = {
  DATASTORE: ["SIZE", "IMAGES"],
  NETWORK: ["LEASES"],
  VM: ["VMS", "RUNNING_VMS", "CPU", "RUNNING_CPU", "MEMORY", "RUNNING_MEMORY", "SYSTEM_DISK_SIZE"],
  IMAGE: ["RVMS"],
} as const;
type Section = keyof typeof QUOTA_METRICS;

const DEFAULT = "-1";
const UNLIMITED = "-2";

/**
 * Merges the limits of a quota template into those there are. Unknown sections, and values that are no numbers, are
 * ignored without a word, as oned does. `base` is what a metric without a limit says: -1 (the default) for a user or
 * group, -2 (unlimited) for the defaults themselves, where an entry without any limit is not kept.
 */
export function mergeQuotas(quotas: Quotas, template: Template, base: "-1" | "-2"): Quotas {
  const merged: Quotas = structuredClone(quotas);
  for (const section of Object.keys(QUOTA_METRICS) as Section[]) {
    for (const limits of vectors(template, section)) {
      const id = section === "VM" ? "" : (limits.ID ?? "");
      const known = QUOTA_METRICS[section].filter((metric) => /^-?\d+(\.\d+)?$/.test(limits[metric] ?? ""));
      if (known.length === 0) continue;
      const entry: Record<string, string> = { ...merged[section]?.[id] };
      for (const metric of QUOTA_METRICS[section]) entry[metric] ??= base;
      for (const metric of known) entry[metric] = limits[metric] ?? base;
      const empty = base === UNLIMITED ? UNLIMITED : DEFAULT;
      const resources = (merged[section] ??= {});
      if (Object.values(entry).every((limit) => limit === empty)) delete resources[id];
      else resources[id] = entry;
    }
  }
  return merged;
}

/** The four quota elements of a user or group: every resource that has a limit or is used. */
export function renderQuotas(
  quotas: Quotas,
  usage: Partial<Record<Section, Record<string, Record<string, number>>>>,
): string {
  return (Object.keys(QUOTA_METRICS) as Section[])
    .map((section) => {
      const limits = quotas[section] ?? {};
      const used = usage[section] ?? {};
      const ids = [...new Set([...Object.keys(limits), ...Object.keys(used)])].sort((a, b) => Number(a) - Number(b));
      const entries = ids.map((id) => {
        const vector = QUOTA_METRICS[section].flatMap((metric) => [
          [metric, limits[id]?.[metric] ?? DEFAULT],
          [`${metric}_USED`, amountText(used[id]?.[metric] ?? 0)],
        ]);
        return `<${section}>${renderVector({ ...(Object.fromEntries(vector) as Record<string, string>), ...(id && { ID: id }) })}</${section}>`;
      });
      return `<${section}_QUOTA>${entries.join("")}</${section}_QUOTA>`;
    })
    .join("");
}

/** Whole numbers as they are, parts of a core with two places. */
const amountText = (amount: number): string => (Number.isInteger(amount) ? String(amount) : amount.toFixed(2));

/** The defaults as an element: `DEFAULT_USER_QUOTAS` or `DEFAULT_GROUP_QUOTAS`. */
export function renderDefaultQuotas(element: string, quotas: Quotas): string {
  const limits = (Object.keys(QUOTA_METRICS) as Section[])
    .map((section) => {
      const entries = Object.entries(quotas[section] ?? {}).map(
        ([id, entry]) => `<${section}>${renderVector({ ...entry, ...(id && { ID: id }) })}</${section}>`,
      );
      return `<${section}_QUOTA>${entries.join("")}</${section}_QUOTA>`;
    })
    .join("");
  return `<${element}>${limits}</${element}>`;
}

/** The limits of users or groups that have none of their own. */
export function defaultQuotas(state: State, kind: "user" | "group"): Quotas {
  return JSON.parse(state.attribute(`DEFAULT_${kind.toUpperCase()}_QUOTAS`) ?? "{}") as Quotas;
}
