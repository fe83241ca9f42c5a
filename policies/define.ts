// SPDX-License-Identifier: Apache-2.0
import type { PolicyConfigSchema, ResourceValidationPolicy, Severity } from "@pulumi/policy";

/** One resource as a policy sees it: in a preview, touching what is not known yet ends the check with a note instead of a verdict. */
export interface Checked {
  type: string;
  props: Record<string, unknown>;
  stack: string;
  /** Whether Pulumi itself refuses to delete it. */
  protect: boolean;
  /** A threshold of the policy, from the pack's configuration or its default. */
  setting: <T>(name: string) => T;
}

export interface PolicySpec {
  name: string;
  description: string;
  level: "advisory" | "mandatory";
  /** Why this level. */
  reason: string;
  severity: Severity;
  /** Controls that this policy is evidence for. */
  controls: readonly string[];
  /** What to do about a violation. */
  cure: string;
  /** Types of resources, or the beginning of such a type with `*` at the end. */
  types: readonly string[];
  /** Thresholds by name. */
  settings?: Record<string, PolicyConfigSchema["properties"][string] & { default: unknown }>;
  /** Every violation. */
  check: (resource: Checked) => string[];
}

export interface DefinedPolicy extends ResourceValidationPolicy {
  spec: PolicySpec;
}

/** The component that is a whole cloud; its inputs are plain facts, so that a preview is decisive. */
export const CLOUD = "opennebula-scaleway:index:OpenNebulaCloud";

/** Stacks in which people's work lives. */
export const PRODUCTION = {
  stacks: {
    type: "array",
    items: { type: "string" },
    description: "Stacks to which this applies.",
    default: ["prod", "production"],
  },
} satisfies PolicySpec["settings"];

/** Whether the stack is one of those that the policy's setting `stacks` names. */
export const inProduction = (resource: Checked): boolean =>
  resource.setting<string[]>("stacks").includes(resource.stack);

/** Makes a policy of CrossGuard's. */
export function definePolicy(spec: PolicySpec): DefinedPolicy {
  const { settings } = spec;
  return {
    name: spec.name,
    description: spec.description,
    enforcementLevel: spec.level,
    severity: spec.severity,
    tags: [...spec.controls],
    remediationSteps: spec.cure,
    ...(settings && { configSchema: { properties: settings } }),
    validateResource: (args, report) => {
      if (!spec.types.some((type) => matches(type, args.type))) return;
      const config = settings ? args.getConfig<Record<string, unknown>>() : {};
      const violations = spec.check({
        type: args.type,
        props: args.props,
        stack: args.urn.split("::")[0]!.slice("urn:pulumi:".length),
        protect: args.opts.protect,
        setting: <T>(name: string) => (config[name] ?? settings?.[name]?.default) as T,
      });
      for (const violation of violations) report(`${violation}. ${spec.cure}`);
    },
    spec,
  };
}

function matches(pattern: string, type: string): boolean {
  return pattern.endsWith("*") ? type.startsWith(pattern.slice(0, -1)) : pattern === type;
}
