// SPDX-License-Identifier: Apache-2.0

import type { Subject } from "../vm/entity";
import type { ProcessName } from "../vm/processes";
import type { Snapshots } from "../snapshots";

/** What an image's driver is doing; kept with the image, so that a restart goes on with it. */
export type ImageWork =
  | { action: "cp" | "rm" }
  /** For a disk that is saved, the VM's process that fills it. */
  | { action: "mkfs"; saving?: { vm: number; process: ProcessName; subject: Subject } }
  | { action: "clone"; from: number }
  | { action: "snap_delete" | "snap_revert" | "snap_flatten"; snapshot: number };

/** What is kept of an image beside its name, owner, permissions and template. */
export interface ImageData {
  /** Index in `IMAGE_TYPES`. */
  type: number;
  diskType: number;
  persistent: boolean;
  /** Seconds since the epoch: made, and last written by a VM. */
  regtime: number;
  modtime: number;
  source: string;
  path: string;
  format: string;
  fs: string;
  sizeMb: number;
  /** Of `ImageState`. */
  state: number;
  datastore: number;
  /** VMs that use it, of a backup the VM that it is of. */
  vms: number[];
  /** Images that are being copied from it, and the image that it is being copied from (else -1). */
  clones: number[];
  cloningId: number;
  appClones: number[];
  /** The snapshot that an operation is about, else -1. */
  targetSnapshot: number;
  snapshots?: Snapshots;
  /** Of a backup: its increments, and the disks that are in it. */
  increments: Record<string, string>[];
  backupDisks: number[];
  work?: ImageWork;
}
