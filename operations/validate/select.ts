// SPDX-License-Identifier: Apache-2.0
import type { Check, Impact } from "./check";

/** What a run may do and which checks are wanted. */
export interface Selection {
  /** The most that a check may do. @default "read" */
  impact?: Impact;
  /** Ids or areas; nothing: all. */
  only?: readonly string[];
  skip?: readonly string[];
}

const RANK: Record<Impact, number> = { read: 0, load: 1, disrupt: 2 };

/**
 * The checks that a run has.
 *
 * @throws Error for a word that is neither a check nor an area, and where nothing is left.
 */
export function selectChecks(all: readonly Check[], { impact = "read", only = [], skip = [] }: Selection): Check[] {
  const unknown = [...only, ...skip].filter((word) => !all.some((check) => matches(check, word)));
  if (unknown.length > 0)
    throw new Error(`there is no check or area ${unknown.join(", ")}; \`validate --list\` shows them`);
  const wanted = all.filter(
    (check) =>
      (only.length === 0 || only.some((word) => matches(check, word))) && !skip.some((word) => matches(check, word)),
  );
  const allowed = wanted.filter((check) => RANK[check.impact ?? "read"] <= RANK[impact]);
  if (allowed.length > 0) return allowed;
  const needs = wanted.some((check) => check.impact === "load") ? "--load" : "--disruptive";
  throw new Error(wanted.length === 0 ? "no check is left to run" : `these checks do more than read: add ${needs}`);
}

function matches(check: Check, word: string): boolean {
  return check.id === word || check.area === word;
}
