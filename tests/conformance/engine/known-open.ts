// SPDX-License-Identifier: Apache-2.0
/** Recorded cases in which this engine still differs from the real one, each with what differs. */
export const KNOWN_OPEN: Readonly<Record<string, string>> = {};
