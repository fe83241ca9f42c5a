// SPDX-License-Identifier: Apache-2.0
import { attributeText, hostStateWord, type Host } from "../../opennebula";
import { Secret, UNKNOWN, type PropertyMap, type PropertyValue } from "../grpc/provider";
import { revealMap } from "../grpc/values";
import type { HostWish } from "./host-wish";

/** What only oned tells. */
export const UNKNOWN_OUTPUTS = { hostId: UNKNOWN, clusterId: UNKNOWN, clusterName: UNKNOWN, state: UNKNOWN } as const;

/**
 * @throws Error unless the id is oned's number.
 */
export function hostId(id: string): number {
  if (/^\d{1,9}$/.test(id)) return Number(id);
  throw new Error(`"${id}" is not the id of a host; it is the number that "onehost list" shows`);
}

/** Checked inputs without wrappers. */
export function revealInputs(inputs: PropertyMap): HostWish {
  const { name, imMad, vmMad, cluster, attributes } = revealMap(inputs) as Partial<
    Record<keyof HostWish, PropertyValue>
  >;
  return {
    name: name as string,
    imMad: imMad as string,
    vmMad: vmMad as string,
    cluster: (cluster ?? undefined) as string | undefined,
    attributes: (attributes ?? {}) as Record<string, string>,
  };
}

/** State of a host: what the inputs set, as oned has it now, and what only oned knows. Secrets of the inputs stay secret. */
export function outputsOf(host: Host, inputs: PropertyMap): PropertyMap {
  return {
    ...refreshedInputs(inputs, host),
    hostId: host.id,
    clusterId: host.clusterId,
    clusterName: host.clusterName,
    state: hostStateWord(host.state),
  };
}

/** The same inputs with what oned has now in them; attributes that oned lacks are left out. */
export function refreshedInputs(inputs: PropertyMap, host: Host): PropertyMap {
  const { cluster, attributes } = inputs;
  const own = { clusterId: host.clusterId, clusterName: host.clusterName };
  return {
    ...inputs,
    name: host.name,
    imMad: host.imMad,
    vmMad: host.vmMad,
    ...(cluster === undefined ? {} : { cluster: clusterMatches(cluster, own) ? cluster : host.clusterName }),
    ...(attributes === undefined ? {} : { attributes: refreshedAttributes(attributes, host) }),
  };
}

/** Inputs of a host that was not made by a program; its cluster only if it is not oned's default one. */
export function importedInputs(host: Host): PropertyMap {
  const { name, imMad, vmMad, clusterName } = host;
  return { name, imMad, vmMad, ...(host.clusterId > 0 ? { cluster: clusterName } : {}) };
}

/** A cluster may be given by name or by id. */
export function clusterMatches(cluster: PropertyValue, actual: PropertyMap): boolean {
  const wanted = cluster instanceof Secret ? cluster.value : cluster;
  const { clusterId, clusterName } = actual;
  return wanted === clusterName || (typeof clusterId === "number" && wanted === String(clusterId));
}

function refreshedAttributes(attributes: PropertyValue, host: Host): PropertyValue {
  if (attributes instanceof Secret) return new Secret(refreshedAttributes(attributes.value, host));
  const present = Object.entries(attributes as PropertyMap).flatMap(([name, value]): [string, PropertyValue][] => {
    const text = attributeText(host.template, name);
    if (text === undefined) return [];
    return [[name, value instanceof Secret ? new Secret(text) : text]];
  });
  return Object.fromEntries(present);
}
