// SPDX-License-Identifier: Apache-2.0
import { unknownCheckingProxy, type ResourceValidationArgs } from "@pulumi/policy";
import type { DefinedPolicy } from "../../policies/define";

/** The package ships no types for it. */
const unknownChecking = unknownCheckingProxy as unknown as (props: object) => Record<string, unknown>;

/** The engine's mark for a value that is not known yet. */
export const UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

export interface Judged {
  type: string;
  props: Record<string, unknown>;
  protect?: boolean;
  /** @default "prod" */
  stack?: string;
  /** What a policy pack's configuration would say. */
  config?: Record<string, unknown>;
}

/** What a policy says of one resource. @throws Error where it touches what is not known yet */
export async function violations(policy: DefinedPolicy, judged: Judged): Promise<string[]> {
  const { type, props, protect = false, stack = "prod", config = {} } = judged;
  const found: string[] = [];
  const args = {
    type,
    props: unknownChecking(props),
    name: "r",
    urn: `urn:pulumi:${stack}::p::${type}::r`,
    opts: { protect },
    getConfig: () => config,
  } as unknown as ResourceValidationArgs;
  const validate = policy.validateResource!;
  for (const one of Array.isArray(validate) ? validate : [validate])
    await one(args, (message) => void found.push(message));
  return found;
}
