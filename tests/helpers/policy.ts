// SPDX-License-Identifier: Apache-2.0
import type { ResourceValidationArgs, ResourceValidationPolicy } from "@pulumi/policy";

/** What a policy says of one resource. */
export async function violations(
  policy: ResourceValidationPolicy,
  type: string,
  props: Record<string, unknown>,
  protect = false,
): Promise<string[]> {
  const found: string[] = [];
  const args = {
    type,
    props,
    name: "r",
    urn: `urn:pulumi:s::p::${type}::r`,
    opts: { protect },
  } as unknown as ResourceValidationArgs;
  const validate = Array.isArray(policy.validateResource) ? policy.validateResource : [policy.validateResource!];
  for (const one of validate) await one(args, (message) => void found.push(message));
  return found;
}
