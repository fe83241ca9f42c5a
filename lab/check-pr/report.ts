// SPDX-License-Identifier: Apache-2.0
/** What a pull request's checks found, in the forms that people, programs and code hosts read. */
import type { DefinedPolicy } from "../../policies/define";

export interface Violation {
  policy: string;
  level: string;
  resource: string;
  message: string;
}

export interface Preview {
  stack: string;
  succeeded: boolean;
  /** What the program or the engine complained of. */
  errors: string[];
  violations: Violation[];
  /** Types by URN of everything that the stack has, without the stack itself. */
  resources: Record<string, string>;
}

/** A check that is a program: types, lint. */
export interface Step {
  name: string;
  succeeded: boolean;
  /** The end of what it printed. */
  output: string;
}

export interface Report {
  steps: Step[];
  previews: Preview[];
  /** The same stacks before the change, where that is known. */
  before: Preview[];
  /** Files of the change that decide how changes are judged. */
  judges: string[];
}

/** Whether a pull request may be merged. */
export const passed = (report: Report): boolean =>
  report.steps.every((step) => step.succeeded) && report.previews.every((preview) => preview.succeeded);

/** For the pull request's page. */
export function markdown(report: Report): string {
  const verdict = (fine: boolean): string => (fine ? "passed" : "**failed**");
  const lines = [`## Checks: ${verdict(passed(report))}`, "", "| check | result |", "|---|---|"];
  for (const { name, succeeded } of report.steps) lines.push(`| ${name} | ${verdict(succeeded)} |`);
  for (const { stack, succeeded } of report.previews)
    lines.push(`| preview and policies, stack ${stack} | ${verdict(succeeded)} |`);
  if (report.judges.length > 0)
    lines.push(
      "",
      "**This changes how changes are judged**; the base branch's rules were applied to it, not its own. Review with care:",
      "",
      ...report.judges.map((file) => `- \`${file}\``),
    );
  for (const { name, succeeded, output } of report.steps)
    if (!succeeded) lines.push("", `### ${name}`, "", "```", output.replaceAll("```", "'''"), "```");
  for (const preview of report.previews) {
    lines.push("", `### Stack ${preview.stack}`, "", ...changes(preview, report.before));
    for (const error of preview.errors) lines.push("", "```", error.trim().replaceAll("```", "'''"), "```");
    if (preview.violations.length === 0) continue;
    lines.push("", "| level | policy | resource | what |", "|---|---|---|---|");
    for (const { level, policy, resource, message } of preview.violations)
      lines.push(
        `| ${level} | ${policy} | ${nameOf(resource)} | ${message.trim().replaceAll("|", "\\|").replaceAll("\n", " ")} |`,
      );
  }
  return `${lines.join("\n")}\n`;
}

function changes({ stack, resources }: Preview, before: Preview[]): string[] {
  const old = before.find((one) => one.stack === stack)?.resources;
  if (old === undefined) return [`${Object.keys(resources).length} resources.`];
  const added = Object.keys(resources).filter((urn) => !(urn in old));
  const removed = Object.keys(old).filter((urn) => !(urn in resources));
  if (added.length + removed.length === 0) return [`The same ${Object.keys(resources).length} resources as before.`];
  return [
    `${added.length} resources more, ${removed.length} fewer:`,
    "",
    "```diff",
    ...added.map((urn) => `+ ${resources[urn]!} ${nameOf(urn)}`),
    ...removed.map((urn) => `- ${old[urn]!} ${nameOf(urn)}`),
    "```",
  ];
}

const nameOf = (urn: string): string => urn.split("::").at(-1) ?? urn;

/** For programs. */
export function json(report: Report): string {
  const previews = report.previews.map(({ stack, succeeded, violations }) => ({ stack, succeeded, violations }));
  return `${JSON.stringify({ passed: passed(report), previews, judges: report.judges }, null, 2)}\n`;
}

const SARIF_LEVELS: Record<string, string> = { mandatory: "error", advisory: "warning" };

/** For code scanning: SARIF 2.1.0, each violation at the stack file that it comes from. */
export function sarif(report: Report, policies: readonly DefinedPolicy[]): string {
  const rules = policies.map(({ name, description, spec }) => ({
    id: name,
    shortDescription: { text: description },
    fullDescription: { text: spec.reason },
    help: { text: spec.cure },
    defaultConfiguration: { level: SARIF_LEVELS[spec.level] },
    properties: { tags: [...spec.controls] },
  }));
  const results = report.previews.flatMap(({ stack, violations }) =>
    violations.map(({ policy, level, resource, message }) => ({
      ruleId: policy,
      ruleIndex: rules.findIndex(({ id }) => id === policy),
      level: SARIF_LEVELS[level] ?? "note",
      message: { text: message.trim() },
      locations: [
        {
          physicalLocation: { artifactLocation: { uri: `Pulumi.${stack}.yaml` }, region: { startLine: 1 } },
          logicalLocations: [{ fullyQualifiedName: resource, kind: "resource" }],
        },
      ],
    })),
  );
  const driver = { name: "opennebula-scaleway-policies", rules };
  const log = {
    $schema: "https://json.schemastore.org/sarif-2.1.0.json",
    version: "2.1.0",
    runs: [{ tool: { driver }, results }],
  };
  return `${JSON.stringify(log, null, 2)}\n`;
}
