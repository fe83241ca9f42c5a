// SPDX-License-Identifier: Apache-2.0

import type { Quotas } from "./entities";
import { Code, Failure } from "./failure";
import { idList } from "./network/updates";
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

const refuse = (message: string): Failure => new Failure(Code.ACTION, message);

const DEFAULT = "-1";
const UNLIMITED = "-2";

/** Sections in the order in which oned takes them; the first that is wrong ends the call. */
const SET_ORDER: Section[] = ["DATASTORE", "NETWORK", "IMAGE", "VM"];

export interface QuotaChange {
  /** What a limit is where none is said: -1 (the default) for a user or group, -2 (unlimited) for the defaults themselves. */
  base: typeof DEFAULT | typeof UNLIMITED;
  /** Attribute and number of whose quotas they are: in the text of refusals. */
  whose?: [attribute: "UID" | "GID", id: number];
  /** Whether there is such a cluster. */
  isCluster: (id: number) => boolean;
}

/** A limit as oned reads it: a text that is no number is none. */
function limitOf(text: string | undefined): number | undefined {
  return text !== undefined && /^\s*[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text) ? Number(text) : undefined;
}

/**
 * Sets the limits of a quota template in those there are. An entry is set as a whole: a metric that it does not name goes back to what
 * it is without a limit. Unknown sections are ignored.
 *
 * @throws Failure in oned's words
 */
export function mergeQuotas(quotas: Quotas, template: Template, { base, whose, isCluster }: QuotaChange): Quotas {
  const merged: Quotas = structuredClone(quotas);
  for (const section of SET_ORDER) {
    for (const limits of vectors(template, section)) {
      const resources = (merged[section] ??= {});
      const clusters = section === "VM" ? idList(limits.CLUSTER_IDS) : [];
      const id = section === "VM" ? clusters.join(",") : (limits.ID ?? "");
      const values = QUOTA_METRICS[section].map((metric) => limitOf(limits[metric]) ?? Number(base));
      const bad = values.some((value) => value < 0 && value !== Number(UNLIMITED) && value !== Number(base));
      if (bad || (section !== "VM" && !/^\s*[+-]?\d+$/.test(id))) {
        const given = { ...limits, ...(section === "VM" && whose !== undefined && { [whose[0]]: String(whose[1]) }) };
        const text = Object.entries(given).sort(([a], [b]) => (a < b ? -1 : 1));
        throw refuse(
          `Negative limits or bad format in quota ${section} = [ ${text.map((pair) => pair.join("=")).join(",")} ]`,
        );
      }
      if (resources[id] === undefined) checkClusters(clusters, { resources, isCluster });
      // Limits of clusters have no default.
      const none = clusters.length > 0 ? UNLIMITED : base;
      const entry = values.map((value) => (value === Number(DEFAULT) ? none : amountText(value)));
      delete resources[id];
      if (entry.some((limit) => limit !== none)) {
        resources[id] = Object.fromEntries(QUOTA_METRICS[section].map((metric, at) => [metric, entry[at] ?? none]));
      }
    }
  }
  return merged;
}

function checkClusters(
  clusters: number[],
  { resources, isCluster }: { resources: Record<string, unknown>; isCluster: QuotaChange["isCluster"] },
): void {
  for (const cluster of clusters) {
    if (!isCluster(cluster)) throw refuse(`Cluster ${cluster} does not exist`);
    const limited = Object.keys(resources).some((key) => idList(key).includes(cluster));
    if (limited) throw refuse(`Quota for cluster id ${cluster} already exists`);
  }
}

/** The key of the quota that a cluster is part of, if there is one. */
export const clusterQuota = (quotas: Quotas, cluster: number): string | undefined =>
  Object.keys(quotas.VM ?? {}).find((key) => idList(key).includes(cluster));

/** The four quota elements of a user or group: every resource that has a limit or is used. */
export function renderQuotas(
  quotas: Quotas,
  usage: Partial<Record<Section, Record<string, Record<string, number>>>>,
): string {
  return (Object.keys(QUOTA_METRICS) as Section[])
    .map((section) => {
      const limits = quotas[section] ?? {};
      const used = usage[section] ?? {};
      const ids = [...new Set([...Object.keys(limits), ...Object.keys(used)])].sort(byNumber);
      const key = section === "VM" ? "CLUSTER_IDS" : "ID";
      const entries = ids.map((id) => {
        const vector = QUOTA_METRICS[section].flatMap((metric) => [
          [metric, limits[id]?.[metric] ?? DEFAULT],
          [`${metric}_USED`, amountText(used[id]?.[metric] ?? 0)],
        ]);
        return `<${section}>${renderVector({ ...(Object.fromEntries(vector) as Record<string, string>), ...(id && { [key]: id }) })}</${section}>`;
      });
      return `<${section}_QUOTA>${entries.join("")}</${section}_QUOTA>`;
    })
    .join("");
}

/** By number; several clusters by their first, and what is of none before them. */
const byNumber = (a: string, b: string): number => (a === "" ? -1 : b === "" ? 1 : parseInt(a, 10) - parseInt(b, 10));

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
