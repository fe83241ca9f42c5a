// SPDX-License-Identifier: Apache-2.0
import { templateMistakes } from "../../opennebula";
import {
  Secret,
  UNKNOWN,
  type CheckFailure,
  type DiffResult,
  type PropertyDifference,
  type PropertyMap,
  type PropertyValue,
  type ResourceState,
} from "../grpc/provider";
import { isMap } from "../check";
import { sameValue } from "../grpc/values";
import { clusterMatches } from "./host-state";
import { MARKER } from "./host-wish";

/** Attributes that have an input of their own, or that oned and this provider write themselves. */
const RESERVED: Record<string, string> = {
  IM_MAD: "is set by imMad",
  VM_MAD: "is set by vmMad",
  ERROR: "is where oned writes why monitoring failed",
  [MARKER]: "is where this provider remembers whose the host is",
};

/** Rules of a host's inputs; types and required properties are checked before. */
export function checkHost(inputs: PropertyMap): CheckFailure[] {
  const failures: CheckFailure[] = [];
  const demand = (property: string, pattern: RegExp, rule: string): void => {
    const value = plain(inputs[property]);
    if (typeof value === "string" && !pattern.test(value)) failures.push({ property, reason: rule });
  };
  const hostRule =
    "must be a host name or address that the front-end resolves: letters, digits, dots, hyphens, at most 127";
  demand("name", /^[A-Za-z0-9][A-Za-z0-9._:-]{0,126}$/, hostRule);
  const driverRule = "must be the name of a driver in oned.conf: letters, digits, _ and -";
  demand("imMad", /^[A-Za-z0-9_-]+$/, driverRule);
  demand("vmMad", /^[A-Za-z0-9_-]+$/, driverRule);
  demand("cluster", /^[^\s](?:.*[^\s])?$/, "must be the name or the id of a cluster, without blanks around it");
  const attributes = plain(inputs["attributes"]);
  if (isMap(attributes)) failures.push(...checkAttributes(attributes));
  return failures;
}

function checkAttributes(attributes: PropertyMap): CheckFailure[] {
  const failures: CheckFailure[] = [];
  const seen = new Map<string, string>();
  for (const [name, wrapped] of Object.entries(attributes)) {
    const property = `attributes.${name}`;
    const capital = name.toUpperCase();
    const reserved = RESERVED[capital];
    const twin = seen.get(capital);
    seen.set(capital, name);
    if (reserved !== undefined) failures.push({ property, reason: `${reserved}; leave it out` });
    if (twin !== undefined) {
      failures.push({ property, reason: `is the same to oned as ${twin}, which makes names capitals; drop one` });
    }
    const value = plain(wrapped);
    const text = typeof value === "string" ? value : "";
    for (const mistake of templateMistakes({ [name]: text }, "attributes")) {
      failures.push({ property: mistake.field, reason: mistake.message.slice(mistake.field.length + 2) });
    }
  }
  return failures;
}

/** What the program wants against what oned had when it was last asked; whatever the program does not name is no difference. */
export function diffHost(state: ResourceState, news: PropertyMap): DiffResult {
  const actual: PropertyMap = { ...state.inputs, ...state.outputs };
  const detailedDiff: Record<string, PropertyDifference> = {};
  for (const name of ["name", "imMad", "vmMad"]) {
    if (!sameValue(actual[name], news[name])) detailedDiff[name] = { kind: "update" };
  }
  const cluster = news["cluster"];
  if (cluster !== undefined && !clusterMatches(cluster, actual)) {
    detailedDiff["cluster"] = { kind: actual["cluster"] === undefined ? "add" : "update" };
  }
  Object.assign(detailedDiff, diffAttributes(actual["attributes"], news["attributes"]));
  const changed = Object.keys(detailedDiff);
  const diffs = [...new Set(changed.map((path) => path.split(/[.[]/)[0] ?? path))];
  return { changes: changed.length > 0 ? "some" : "none", diffs, detailedDiff, stables: ["hostId"] };
}

function diffAttributes(
  olds: PropertyValue | undefined,
  news: PropertyValue | undefined,
): Record<string, PropertyDifference> {
  const wanted = plain(news);
  if (wanted === UNKNOWN) return { attributes: { kind: "update" } };
  const differences: Record<string, PropertyDifference> = {};
  const before = byCapital(plain(olds));
  const after = byCapital(wanted);
  for (const [capital, { name, value }] of after) {
    const old = before.get(capital);
    if (old === undefined) differences[path(name)] = { kind: "add" };
    else if (!sameValue(old.value, value)) differences[path(name)] = { kind: "update" };
  }
  for (const [capital, { name }] of before) {
    if (!after.has(capital)) differences[path(name)] = { kind: "delete" };
  }
  return differences;
}

function byCapital(map: PropertyValue | undefined): Map<string, { name: string; value: PropertyValue }> {
  const entries = isMap(map) ? Object.entries(map) : [];
  return new Map(entries.map(([name, value]) => [name.toUpperCase(), { name, value }]));
}

/** Property path as the engine reads it. */
function path(name: string): string {
  return /^\w+$/.test(name) ? `attributes.${name}` : `attributes[${JSON.stringify(name)}]`;
}

function plain(value: PropertyValue | undefined): PropertyValue | undefined {
  return value instanceof Secret ? value.value : value;
}
