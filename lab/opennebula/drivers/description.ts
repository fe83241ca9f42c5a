// SPDX-License-Identifier: Apache-2.0

import type { ImageResult } from "../oned/drivers";

const MIB = 1024 * 1024;

/** Format and size of a disk image, as JSON. */
export const DESCRIBE = 'qemu-img info --output=json "$1"';

/** What {@link DESCRIBE} says of a file. */
export function described(source: string, said: string): ImageResult {
  const info = JSON.parse(said) as { format: string; "virtual-size": number };
  return { source, format: info.format, sizeMb: Math.ceil(info["virtual-size"] / MIB) };
}
