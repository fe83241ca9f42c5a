// SPDX-License-Identifier: Apache-2.0
import type { PropertyMap, PropertyValue } from "../../../../provider/grpc/provider";
import { isStatus } from "../api/errors";
import { either, optional, output } from "../core/schema";
import type { ProviderDefaults, Property } from "../core/schema";
import type { Change } from "../core/resource";
import { text, texts } from "../core/values";
import {
  checkedRegion,
  checkedZone,
  plainId,
  refuseNoUuid,
  regionOf,
  splitId,
  warnOfRegion,
  warnOfZone,
  ZONES,
} from "../locality";

// Properties that many resources share.
export const name: Property = either({ autoName: true });
export const projectId: Property = either({ forceNew: true, rules: { refuse: refuseNoUuid } });
export const organizationId: Property = output();
export const times = { createdAt: output(), updatedAt: output() };

/** Nothing given, or nothing stored yet (a create that broke off): no difference. */
const sameLocality = (old: string, next: string): boolean => old === "" || next === "" || old === next;

export const region: Property = optional({
  forceNew: true,
  unplanned: true,
  rules: { warn: warnOfRegion, same: sameLocality },
});
export const zone: Property = optional({
  forceNew: true,
  unplanned: true,
  rules: { warn: warnOfZone, same: sameLocality },
});

/** Two references mean the same object when their uuids do, whatever locality one of them names. */
export const sameId = (old: string, next: string): boolean =>
  old !== "" && next !== "" && plainId(old) === plainId(next);

export function chosenRegion(planned: PropertyMap, defaults: ProviderDefaults): string {
  return checkedRegion(text(planned.region) || defaults.region);
}

export function chosenZone(planned: PropertyMap, defaults: ProviderDefaults): string {
  return checkedZone(text(planned.zone) || defaults.zone);
}

export function chosenProject(planned: PropertyMap, defaults: ProviderDefaults): string {
  return text(planned.projectId) || defaults.projectId;
}

export function chosenOrganization(planned: PropertyMap, defaults: ProviderDefaults): string {
  return text(planned.organizationId) || defaults.organizationId;
}

/** The body of a PATCH: only what changed, under the API's names. */
export function patchOf(change: Change, names: Record<string, string>): Record<string, unknown> {
  const body: Record<string, unknown> = {};
  for (const [property, field] of Object.entries(names)) {
    if (!change.has(property)) continue;
    const kind = change.schema[property]?.kind;
    const value = change.planned[property];
    body[field] = kind === "list" || kind === "set" ? texts(value) : kind === "bool" ? value === true : text(value);
  }
  return body;
}

/** A delete of something that is gone already has reached its aim. */
export async function ignoringGone(deletion: Promise<unknown>): Promise<void> {
  try {
    await deletion;
  } catch (error) {
    if (!isStatus(error, 404)) throw error;
  }
}

/**
 * Refuses references into another locality than the resource's own: a zonal id must name the zone, a regional id its region.
 *
 * @param references internal name of the argument and its value; plain ids and unknown values pass.
 */
export function checkLocalities(inZone: string, references: [string, PropertyValue | undefined][]): void {
  if (!ZONES.includes(inZone)) throw new Error("missing locality zone or region to check IDs");
  for (const [argument, value] of references) {
    const { locality } = splitId(text(value));
    if (locality === "" || locality === inZone || locality === regionOf(inZone)) continue;
    throw new Error(`given ${argument} ${text(value)} has different locality than the resource "${inZone}"`);
  }
}
