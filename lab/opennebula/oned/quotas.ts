// SPDX-License-Identifier: Apache-2.0

import type { Quotas } from "./entities";
import type { Template } from "./template";
import { renderVector, vectors } from "./template";

/** Sections in the order in which they are given back, with their metrics; all but VM are kept by resource id. */
const SECTIONS = {
  DATASTORE: ["SIZE", "IMAGES"],
  NETWORK: ["LEASES"],
  VM: ["VMS", "CPU", "MEMORY", "RUNNING_VMS", "RUNNING_CPU", "RUNNING_MEMORY", "SYSTEM_DISK_SIZE"],
  IMAGE: ["RVMS"],
} as const;
type Section = keyof typeof SECTIONS;

const DEFAULT = "-1";
const UNLIMITED = "-2";

/**
 * Merges the limits of a quota template into those there are. Unknown sections, and values that are no numbers, are
 * ignored without a word, as oned does. `base` is what a metric without a limit says: -1 (the default) for a user or
 * group, -2 (unlimited) for the defaults themselves, where an entry without any limit is not kept.
 */
export function mergeQuotas(quotas: Quotas, template: Template, base: "-1" | "-2"): Quotas {
  const merged: Quotas = structuredClone(quotas);
  for (const section of Object.keys(SECTIONS) as Section[]) {
    for (const limits of vectors(template, section)) {
      const id = section === "VM" ? "" : (limits.ID ?? "");
      const known = SECTIONS[section].filter((metric) => /^-?\d+(\.\d+)?$/.test(limits[metric] ?? ""));
      if (known.length === 0) continue;
      const entry: Record<string, string> = { ...merged[section]?.[id] };
      for (const metric of SECTIONS[section]) entry[metric] ??= base;
      for (const metric of known) entry[metric] = limits[metric] ?? base;
      const empty = base === UNLIMITED ? UNLIMITED : DEFAULT;
      const resources = (merged[section] ??= {});
      if (Object.values(entry).every((limit) => limit === empty)) delete resources[id];
      else resources[id] = entry;
    }
  }
  return merged;
}

/** The four quota elements of a user or group; nothing is used yet, as the stand-in runs no virtual machines. */
export function renderQuotas(quotas: Quotas): string {
  return (Object.keys(SECTIONS) as Section[])
    .map((section) => {
      const entries = Object.entries(quotas[section] ?? {}).map(([id, limits]) => {
        const used = Object.keys(limits).map((metric) => [`${metric}_USED`, "0"]);
        const vector = { ...limits, ...(Object.fromEntries(used) as Record<string, string>), ...(id && { ID: id }) };
        return `<${section}>${renderVector(vector)}</${section}>`;
      });
      return `<${section}_QUOTA>${entries.join("")}</${section}_QUOTA>`;
    })
    .join("");
}

/** The defaults as an element: `DEFAULT_USER_QUOTAS` or `DEFAULT_GROUP_QUOTAS`. */
export function renderDefaultQuotas(element: string, quotas: Quotas): string {
  const limits = (Object.keys(SECTIONS) as Section[])
    .map((section) => {
      const entries = Object.entries(quotas[section] ?? {}).map(
        ([id, entry]) => `<${section}>${renderVector({ ...entry, ...(id && { ID: id }) })}</${section}>`,
      );
      return `<${section}_QUOTA>${entries.join("")}</${section}_QUOTA>`;
    })
    .join("");
  return `<${element}>${limits}</${element}>`;
}
