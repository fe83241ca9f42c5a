// SPDX-License-Identifier: Apache-2.0
import { createHash } from "node:crypto";
import type { HostState } from "./state";
import { isReference, previewText, resolveText, type Reference, type Text, type TextTemplate } from "./text";

/** Format of the bundle; the converger refuses any other. */
const BUNDLE_VERSION = 1;

/** A state with every reference replaced, as the converger reads it. */
export interface Bundle {
  host: string;
  layer: string;
  state: HostState;
  /** Values that the converger must not show, wherever they turn up. */
  secrets: string[];
}

/**
 * The text that goes to the host on standard input. Keys are sorted, so that the same state is the same text and an unchanged
 * layer no change.
 */
export function renderBundle(bundle: Bundle): string {
  return JSON.stringify(sorted({ version: BUNDLE_VERSION, ...bundle, secrets: [...new Set(bundle.secrets)].sort() }));
}

/** What `confirm` must present: sha256 of the bundle, hexadecimal. */
export function bundleHash(bundle: string): string {
  return createHash("sha256").update(bundle).digest("hex");
}

/**
 * Replaces every reference in a state.
 *
 * @param lookup - returns the value of a reference; throws when there is none.
 * @returns the state and the values of its secret references.
 */
export function resolveState(
  state: HostState,
  lookup: (reference: Reference) => string,
): { state: HostState; secrets: string[] } {
  const secrets: string[] = [];
  const value = mapTexts(state, (text) =>
    resolveText(text, (reference) => {
      const found = lookup(reference);
      if (reference.secret) secrets.push(found);
      return found;
    }),
  );
  return { state: value as HostState, secrets };
}

/** A state as a preview prints it: JSON with `<fe.nic>` and `<secret db.password>` in place of what is not known or not shown. */
export function previewState(state: HostState): string {
  return JSON.stringify(mapTexts(state, previewText), null, 2);
}

function mapTexts(value: unknown, change: (text: Text) => string): unknown {
  if (Array.isArray(value)) return value.map((item) => mapTexts(item, change));
  if (value === null || typeof value !== "object") return value;
  if (isTemplate(value)) return change(value);
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, item]) => item !== undefined)
      .map(([key, item]) => [key, mapTexts(item, change)]),
  );
}

function isTemplate(value: object): value is TextTemplate {
  return (
    "parts" in value &&
    Array.isArray(value.parts) &&
    value.parts.every((part) => typeof part === "string" || isReference(part))
  );
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (value === null || typeof value !== "object") return value;
  const entries = Object.entries(value).filter(([, item]) => item !== undefined);
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, item]) => [key, sorted(item)]));
}
