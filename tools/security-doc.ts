// SPDX-License-Identifier: Apache-2.0
import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { policies } from "../policies/policies";
import { controls } from "./controls";

const cell = (text: string): string => text.replaceAll("|", "\\|").replaceAll("\n", " ");

/** The page of every policy. */
export function renderPoliciesDoc(): string {
  const rows = policies.flatMap(({ name, spec }) => {
    const settings = Object.entries(spec.settings ?? {}).map(
      ([setting, { description, default: value }]) =>
        `- \`${setting}\` (${JSON.stringify(value)}): ${description ?? ""}`,
    );
    return [
      "",
      `## ${name}`,
      "",
      `${spec.description} Level: **${spec.level}**. ${spec.reason}`,
      "",
      `Cure: ${spec.cure} Controls: ${spec.controls.join(", ")}.`,
      ...(settings.length > 0 ? ["", ...settings] : []),
    ];
  });
  return `${[
    "# Policies",
    "",
    "Generated from `policies/` by `npm run generate`; do not edit. `npm run check:pr -- --policy-config <file>` takes other levels and",
    "thresholds as JSON: by policy, `enforcementLevel` and the settings below it.",
    ...rows,
  ].join("\n")}\n`;
}

/**
 * The checklist of controls: what enforces each, what tests it, what is shown as evidence.
 *
 * @throws Error when a policy names a control that is not described, or a test is not there.
 */
export function renderComplianceDoc(root: string): string {
  const named = new Set(policies.flatMap(({ spec }) => [...spec.controls]));
  const unknown = [...named].filter((control) => !(control in controls));
  if (unknown.length > 0) throw new Error(`tools/controls.ts does not describe ${unknown.join(", ")}`);
  const missing = Object.values(controls)
    .flatMap(({ tests, evidence }) => [...tests, ...evidence.filter((one) => one.startsWith("docs/"))])
    .filter((file) => !existsSync(resolve(root, file)));
  if (missing.length > 0) throw new Error(`tools/controls.ts names files that are not there: ${missing.join(", ")}`);
  const link = (file: string): string => `[${file.split("/").at(-1)}](../../${file})`;
  const rows = Object.entries(controls).map(([name, { about, tests, evidence }]) => {
    const by = policies.filter(({ spec }) => spec.controls.includes(name)).map((policy) => policy.name);
    const policyLinks = by.map((policy) => `[${policy}](policies.md#${policy})`).join(", ");
    const shown = evidence.map((one) => (one.startsWith("docs/") ? link(one) : one)).join(", ");
    return `| ${[name, about, policyLinks || "-", tests.map(link).join(", "), shown].map(cell).join(" | ")} |`;
  });
  return `${[
    "# Compliance checklist",
    "",
    "Generated from `tools/controls.ts` and `policies/` by `npm run generate`; do not edit. It maps what this program does to controls of SOC 2",
    "and articles of the GDPR; it is no certificate, and organizational controls are not in it.",
    "",
    "| control | about | policies | tests | evidence |",
    "|---|---|---|---|---|",
    ...rows,
  ].join("\n")}\n`;
}
