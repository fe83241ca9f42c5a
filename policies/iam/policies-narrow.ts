// SPDX-License-Identifier: Apache-2.0
import { definePolicy } from "../define";

/** A key on a host that may do everything makes one broken host the whole account. */
export const policiesNarrow = definePolicy({
  name: "policies-narrow",
  description: "IAM policies name projects and no permission set of the setting.",
  level: "mandatory",
  reason: "It makes one host the whole account.",
  severity: "critical",
  controls: ["SOC2 CC6.3", "GDPR Art. 25"],
  cure: "Name the permission sets that are needed, and projectIds instead of organizationId.",
  types: ["scaleway:iam/policy:Policy"],
  settings: {
    forbiddenSets: {
      type: "array",
      items: { type: "string" },
      description: "Permission sets that nobody gets.",
      default: ["AllProductsFullAccess", "OrganizationManager", "IAMManager", "ProjectManager", "BillingManager"],
    },
  },
  check: ({ props, setting }) =>
    ((props.rules ?? []) as { organizationId?: string; permissionSetNames?: string[] }[]).flatMap((rule) => [
      ...(rule.organizationId === undefined ? [] : ["a rule is for the whole organisation"]),
      ...(rule.permissionSetNames ?? [])
        .filter((name) => setting<string[]>("forbiddenSets").includes(name))
        .map((name) => `a rule gives ${name}`),
    ]),
});
