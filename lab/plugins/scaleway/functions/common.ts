// SPDX-License-Identifier: Apache-2.0
import type { PropertyMap } from "../../../../provider/grpc/provider";
import { text } from "../core/values";
import type { Call } from "../core/resource";
import { checkedRegion, checkedZone, splitId } from "../locality";

/** The zone and uuid of a reference; a plain uuid is looked for in the argument's or the provider's zone. */
export function zonal(args: PropertyMap, reference: string, call: Call): { inZone: string; id: string } {
  const { locality, id } = splitId(reference);
  return { inZone: checkedZone(locality || text(args.zone) || call.defaults.zone), id };
}

/** The region and uuid of a reference; a plain uuid is looked for in the argument's or the provider's region. */
export function regional(args: PropertyMap, reference: string, call: Call): { inRegion: string; id: string } {
  const { locality, id } = splitId(reference);
  return { inRegion: checkedRegion(locality || text(args.region) || call.defaults.region), id };
}

/** @throws when the name is nobody's or several objects'. */
export function onlyNamed<T extends { name: string }>(found: T[], name: string): T {
  const exact = found.filter((candidate) => candidate.name === name);
  const [first] = exact;
  if (first === undefined) throw new Error(`no element found with the name ${name}`);
  if (exact.length > 1) throw new Error(`${String(exact.length)} elements found with the name ${name}`);
  return first;
}
