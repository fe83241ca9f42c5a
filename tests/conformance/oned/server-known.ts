// SPDX-License-Identifier: Apache-2.0

/** Recorded calls that the stand-in answers otherwise, and why it does. */
export const KNOWN_DIFFERENCES: Record<string, string> = {
  "021_one.templatepool.info":
    "a vector without parts disappears, where the recorded server kept it in one of its lists",
  "871_one.system.sql__update-noop": "the store in memory has no SQL beyond reading whole tables",
};
