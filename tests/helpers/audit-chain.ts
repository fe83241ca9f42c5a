// SPDX-License-Identifier: Apache-2.0
import { createHash } from "node:crypto";

/** Digest of a record, as the next one holds it. */
export const digest = (message: string): string => createHash("sha256").update(message).digest("hex");

/** A chain of so many records, as a host's program writes it. @param second - when the first was written, seconds since the epoch. */
export function chain(length: number, host = "fe", second = 1): string[] {
  const messages: string[] = [];
  let prev = "0".repeat(64);
  for (let n = 1; n <= length; n++) {
    const kind = n === 1 ? "begin" : "login";
    const record = { host, kind, n, prev, source: `c${n}`, time: (second + n - 1) * 1_000_000 };
    messages.push(JSON.stringify(record));
    prev = digest(messages.at(-1)!);
  }
  return messages;
}
