// SPDX-License-Identifier: Apache-2.0

export const REGIONS = ["fr-par", "nl-ams", "pl-waw", "it-mil"];
export const ZONES = [
  ...["fr-par-1", "fr-par-2", "fr-par-3", "nl-ams-1", "nl-ams-2", "nl-ams-3"],
  ...["pl-waw-1", "pl-waw-2", "pl-waw-3", "it-mil-1"],
];

const UUID = /^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$/i;

export function isUuid(value: string): boolean {
  return UUID.test(value);
}

/** A full id is `<zone or region>/<uuid>`; some references are accepted without their locality. */
export interface LocalId {
  locality: string;
  id: string;
}

export function splitId(value: string): LocalId {
  const slash = value.indexOf("/");
  return slash < 0 ? { locality: "", id: value } : { locality: value.slice(0, slash), id: value.slice(slash + 1) };
}

/** The uuid of a full or plain id. */
export function plainId(value: string): string {
  return splitId(value).id;
}

/** The uuid that the API wants in its body, absent where none is given. */
export function optionalPlainId(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? plainId(value) : undefined;
}

export function fullId(locality: string, id: string): string {
  return `${locality}/${id}`;
}

export function regionOf(zone: string): string {
  return zone.replace(/-[0-9]+$/, "");
}

/** @throws the SDK's words when the region is none of Scaleway's. */
export function checkedRegion(region: string): string {
  if (REGIONS.includes(region)) return region;
  throw new Error(`scaleway-sdk-go: bad region format, available regions are: ${REGIONS.join(", ")}`);
}

/** @throws the SDK's words when the zone is none of Scaleway's. */
export function checkedZone(zone: string): string {
  if (ZONES.includes(zone)) return zone;
  throw new Error(`scaleway-sdk-go: bad zone format, available zones are: ${ZONES.join(", ")}`);
}

// --- rules for values, as the real provider words them

export function refuseNoUuid(value: string): string | undefined {
  if (isUuid(plainId(value))) return undefined;
  return (
    `invalid UUID: ${value}. format should be 'xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx' (36) ` +
    "and contains valid hexadecimal characters"
  );
}

export function warnOfRegion(value: string): string | undefined {
  return REGIONS.includes(value) ? undefined : `expected region to be one of ${quoted(REGIONS)}, got ${value}`;
}

export function warnOfZone(value: string): string | undefined {
  return ZONES.includes(value) ? undefined : `expected zone to be one of ${quoted(ZONES)}, got ${value}`;
}

function quoted(values: string[]): string {
  return `[${values.map((value) => `"${value}"`).join(" ")}]`;
}
