// SPDX-License-Identifier: Apache-2.0
import { attributeText, type Host } from "../../opennebula";

/** What the program wants of a host, plain. */
export interface HostWish {
  name: string;
  imMad: string;
  vmMad: string;
  cluster: string | undefined;
  attributes: Record<string, string>;
}

/** Template attribute that tells which resource of which stack a host belongs to. */
export const MARKER = "PULUMI_URN";

/** The URN as oned can store any: names in a program may hold quotes, backslashes or characters that oned refuses. */
export function markerValue(urn: string): string {
  // The round trip through bytes replaces half surrogate pairs, which encodeURI throws at.
  return encodeURI(Buffer.from(urn).toString());
}

/** The marker of a host, if it has one. */
export function markerOf(host: Host): string | undefined {
  return attributeText(host.template, MARKER);
}
