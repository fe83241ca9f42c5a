// SPDX-License-Identifier: Apache-2.0

import type { VmUpdates } from "../entities";

const LISTS = ["updated", "outdated", "updating", "error"] as const;
const union = (...lists: number[][]): number[] => [...new Set(lists.flat())].sort((a, b) => a - b);

export const noUpdates = (): VmUpdates => ({ updated: [], outdated: [], updating: [], error: [] });

/** The four lists as elements: VMs that know an object's last change, do not, are being told, could not be told. */
export const renderUpdates = (data: VmUpdates): string =>
  LISTS.map((list) => {
    const name = `${list.toUpperCase()}_VMS`;
    return `<${name}>${data[list].map((id) => `<ID>${id}</ID>`).join("")}</${name}>`;
  }).join("");

/** After a change all VMs are outdated; a recovery takes up again those that were not told. */
export function commitUpdates(data: VmUpdates, recover: boolean): void {
  data.outdated = union(data.outdated, data.updating, data.error, recover ? [] : data.updated);
  if (!recover) data.updated = [];
  data.updating = [];
  data.error = [];
}

export function forgetVm(data: VmUpdates, vm: number): void {
  for (const list of LISTS) data[list] = data[list].filter((id) => id !== vm);
}

/** Ids in a text, separated by commas, in ascending order and without repetition. */
export const idList = (text: string | undefined): number[] =>
  union((text ?? "").split(",").flatMap((part) => (/^\s*-?\d+\s*$/.test(part) ? [Number(part)] : [])));
