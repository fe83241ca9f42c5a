// SPDX-License-Identifier: Apache-2.0
import { attributeText, type Host } from "../../opennebula";
import { MARKER } from "../framework/attributes";

/** What the program wants of a host, plain. */
export interface HostWish {
  name: string;
  imMad: string;
  vmMad: string;
  cluster: string | undefined;
  attributes: Record<string, string>;
}

/** The marker of a host, if it has one. */
export function markerOf(host: Host): string | undefined {
  return attributeText(host.template, MARKER);
}
