// SPDX-License-Identifier: Apache-2.0
/** Texts of refusals, in the words that users of Pulumi know. */
import type { CheckFailure } from "./provider";
import type { ResourceState } from "./types";
import { urnName } from "./urn";
import type { Props } from "./values";

export const IMPORT_REPLACED =
  "previously-imported resources that still specify an ID may not be replaced; " +
  "please remove the `import` declaration from your program";

/** What a provider does not accept; `inputs` have their secrets masked. */
export function checkFailureText(state: ResourceState, { property, reason }: CheckFailure, inputs: Props): string {
  const head = `${state.type} resource '${urnName(state.urn)}'`;
  if (!property) return `${head} has a problem: ${reason}`;
  return `${head}: property ${property} value {${JSON.stringify(inputs[property] ?? null)}} has a problem: ${reason}`;
}

/** Why a protected resource is not replaced, by itself or because of another one. */
export function protectedText(urn: string, because?: string): string {
  const reason = because === undefined ? "\n" : ` as part of replacing "${because}" `;
  return (
    `unable to replace resource "${urn}"${reason}as it is currently marked for protection. To unprotect the resource, ` +
    "remove the `protect` flag from the resource in your Pulumi program and run `pulumi up`"
  );
}
