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

/** Some VMs alone are outdated: those that have addresses of a changed range. */
export function commitSome(data: VmUpdates, vms: number[]): void {
  for (const vm of vms) forgetVm(data, vm);
  data.outdated = union(data.outdated, vms);
}

/** What becomes of an outdated VM; undefined when there is none any more. */
export type Judged = Exclude<(typeof LISTS)[number], "outdated"> | undefined;

/** Goes on with the outdated VMs, up to the first whose host has to be told; true when there was something to do. */
export function judgeOutdated(data: VmUpdates, judge: (vm: number) => Judged): boolean {
  const waiting = data.updating.length === 0 && data.outdated.length > 0;
  while (data.updating.length === 0) {
    const [id, ...rest] = data.outdated;
    if (id === undefined) break;
    data.outdated = rest;
    const list = judge(id);
    if (list !== undefined) data[list] = union(data[list], [id]);
  }
  return waiting;
}

/** A host was told, or could not be; false when nobody waits for that any more. */
export function wasTold(data: VmUpdates, vm: number, list: "updated" | "error"): boolean {
  if (!data.updating.includes(vm)) return false;
  data.updating = data.updating.filter((one) => one !== vm);
  data[list] = union(data[list], [vm]);
  return true;
}

export function forgetVm(data: VmUpdates, vm: number): void {
  for (const list of LISTS) data[list] = data[list].filter((id) => id !== vm);
}

/** Ids in a text, separated by commas, in ascending order and without repetition. */
export const idList = (text: string | undefined): number[] =>
  union((text ?? "").split(",").flatMap((part) => (/^\s*-?\d+\s*$/.test(part) ? [Number(part)] : [])));
