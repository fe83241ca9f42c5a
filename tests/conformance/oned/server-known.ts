// SPDX-License-Identifier: Apache-2.0

/** Recorded calls that the stand-in answers otherwise, and why it does. */
export const KNOWN_DIFFERENCES: Record<string, string> = {
  "021_one.templatepool.info":
    "a vector without parts disappears, where the recorded server kept it in one of its lists",
  "467_one.hooklog.info__all-of-hook": "hooks are kept and not run, so that their log is empty",
  "468_one.hooklog.info__all": "hooks are kept and not run, so that their log is empty",
  "469_one.hook.retry__try": "hooks are kept and not run, so that there is no run to repeat",
  "871_one.system.sql__update-noop": "the store in memory has no SQL beyond reading whole tables",
};
