// SPDX-License-Identifier: Apache-2.0

import { Code, Failure } from "./failure";
import type { Template } from "./template";
import { renderTemplate } from "./template";

export interface Snapshot {
  id: number;
  name: string;
  /** -1 for the root of the tree. */
  parent: number;
  children: number[];
  /** Seconds since the epoch. */
  date: number;
  /** MiB of the disk when it was taken. */
  sizeMb: number;
  active: boolean;
}

/** The tree of a disk's or image's snapshots. */
export interface Snapshots {
  /** YES, NO, MIXED or FORMAT, from the datastore's ALLOW_ORPHANS. */
  orphans: string;
  /** The snapshot that the disk was last reverted to, where orphans are allowed. */
  base: number;
  next: number;
  list: Snapshot[];
}

export const noSnapshots = (orphans = "NO"): Snapshots => ({ orphans, base: -1, next: 0, list: [] });

/** The `<SNAPSHOTS>` element; a VM's names the disk. */
export function renderSnapshots(snapshots: Snapshots, diskId?: number): string {
  const head: Record<string, string> = {
    ALLOW_ORPHANS: snapshots.orphans,
    CURRENT_BASE: String(snapshots.base),
    NEXT_SNAPSHOT: String(snapshots.next),
    ...(diskId !== undefined && { DISK_ID: String(diskId) }),
  };
  const template: Template = [
    ...Object.entries(head).map(([name, value]) => ({ name, value })),
    ...snapshots.list.map((snapshot) => ({ name: "SNAPSHOT", value: vectorOf(snapshot) })),
  ];
  return `<SNAPSHOTS>${renderTemplate(template)}</SNAPSHOTS>`;
}

function vectorOf(snapshot: Snapshot): Record<string, string> {
  return {
    ...(snapshot.active && { ACTIVE: "YES" }),
    ...(snapshot.children.length > 0 && { CHILDREN: snapshot.children.join(",") }),
    DATE: String(snapshot.date),
    ID: String(snapshot.id),
    ...(snapshot.name !== "" && { NAME: snapshot.name }),
    PARENT: String(snapshot.parent),
    SIZE: String(snapshot.sizeMb),
  };
}

/** MiB that all snapshots of a disk may grow to. */
export function totalSize(snapshots: Snapshots | undefined): number {
  return (snapshots?.list ?? []).reduce((sum, snapshot) => sum + snapshot.sizeMb, 0);
}

/** Records a snapshot that is being taken; its number is the answer. */
export function addSnapshot(snapshots: Snapshots, taken: { name: string; sizeMb: number; date: number }): Snapshot {
  const active = snapshots.list.find((snapshot) => snapshot.active);
  const parent = snapshots.orphans === "NO" ? (active?.id ?? -1) : snapshots.orphans === "MIXED" ? snapshots.base : -1;
  const snapshot: Snapshot = { id: snapshots.next++, ...taken, parent, children: [], active: false };
  snapshots.list.find(({ id }) => id === parent)?.children.push(snapshot.id);
  snapshots.list.push(snapshot);
  activate(snapshots, snapshot.id, false);
  return snapshot;
}

/** The snapshot that a call names, or oned's refusal. */
export function snapshotOf(snapshots: Snapshots | undefined, id: number): Snapshot {
  const found = snapshots?.list.find((snapshot) => snapshot.id === id);
  if (found === undefined) throw new Failure(Code.ACTION, "Snapshot does not exist");
  return found;
}

/** Refuses what would break an image's tree. */
export function checkImageDelete(snapshots: Snapshots | undefined, id: number): void {
  const { active, children } = snapshotOf(snapshots, id);
  if (snapshots?.orphans === "YES") return;
  if (active) throw new Failure(Code.ACTION, "Cannot delete the active snapshot");
  if (children.length > 0) throw new Failure(Code.ACTION, "Cannot delete snapshot with children");
}

/** Refuses what would break the tree of a VM's disk: within a chain, one snapshot may be taken out. */
export function checkDiskDelete(snapshots: Snapshots | undefined, id: number, persistent: boolean): void {
  const { active, children, parent } = snapshotOf(snapshots, id);
  const refuse = (reason: string): never => {
    throw new Failure(Code.ACTION, reason);
  };
  if (snapshots?.orphans === "YES") return;
  if (snapshots?.orphans === "MIXED") {
    if (active) refuse("Cannot delete the active snapshot");
    if (children.length > 0) refuse("Cannot delete snapshot with children");
    return;
  }
  if (persistent && id === 0) refuse("Cannot delete snapshot 0 for persistent disk images");
  if (children.length > 1) refuse("Cannot delete snapshot with more than one children");
  if (children.length === 0) return;
  if (active) refuse("Cannot delete the active snapshot with children");
  const child = snapshots?.list.find((snapshot) => snapshot.id === children[0]);
  if (child !== undefined && (child.children.length > 1 || (child.children.length === 1 && child.active))) {
    refuse("Cannot delete snapshot if child has children");
  }
  const siblings = snapshots?.list.find((snapshot) => snapshot.id === parent)?.children.length ?? 0;
  if (siblings > 1) refuse("Cannot delete snapshot if parent has more than one child");
}

/** Takes a snapshot out; an only child moves to its parent, which becomes the active one in its place. */
export function removeSnapshot(snapshots: Snapshots, id: number): void {
  const removed = snapshotOf(snapshots, id);
  const parent = snapshots.list.find((snapshot) => snapshot.id === removed.parent);
  if (parent !== undefined) {
    parent.children = parent.children.filter((child) => child !== id);
    const [only, second] = removed.children;
    if (only !== undefined && second === undefined) {
      parent.children.push(only);
      snapshotOf(snapshots, only).parent = parent.id;
    }
    if (removed.active) parent.active = true;
  }
  snapshots.list = snapshots.list.filter((snapshot) => snapshot.id !== id);
}

/** Makes a snapshot the one that the disk goes on from; with MIXED orphans only a revert does. */
export function activate(snapshots: Snapshots, id: number, revert = true): void {
  if (snapshots.orphans === "MIXED") {
    if (!revert) return;
    snapshots.base = id;
  }
  for (const snapshot of snapshots.list) snapshot.active = snapshot.id === id;
}
