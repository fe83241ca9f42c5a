// SPDX-License-Identifier: Apache-2.0

/** States of an image, as numbered by oned. */
export const ImageState = {
  INIT: 0,
  READY: 1,
  USED: 2,
  DISABLED: 3,
  LOCKED: 4,
  ERROR: 5,
  CLONE: 6,
  DELETE: 7,
  USED_PERS: 8,
  LOCKED_USED: 9,
  LOCKED_USED_PERS: 10,
} as const;

const NAMES = [
  ...["INIT", "READY", "USED", "DISABLED", "LOCKED", "ERROR", "CLONE", "DELETE", "USED"],
  ...["LOCKED_USED", "LOCKED_USED"],
];

export const stateName = (state: number): string => NAMES[state] ?? "";

/** Types by number. */
export const IMAGE_TYPES = ["OS", "CDROM", "DATABLOCK", "KERNEL", "RAMDISK", "CONTEXT", "BACKUP"];
export const BACKUP = 6;

/** Types that disks are made of; the others are files for a VM's start, or backups. */
export const isDisk = (type: number): boolean => type <= 2;
export const isFile = (type: number): boolean => type >= 3 && type <= 5;
