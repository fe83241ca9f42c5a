// SPDX-License-Identifier: Apache-2.0
import type { CheckResult } from "../check";
import type { ValidationReport } from "../report";

const LEVEL = { critical: "error", warning: "warning" } as const;
/** Code scanning shows a finding at a place in the repository: what describes the cloud is its stack file. */
const stackFileOf = (stack: string): string => `Pulumi.${stack}.yaml`;

/** SARIF 2.1.0: a rule for each check, a result for each that failed or could not tell. */
export function sarifLog(report: ValidationReport): object {
  const bad = report.results.filter(({ verdict }) => verdict === "fail" || verdict === "error");
  return {
    $schema: "https://json.schemastore.org/sarif-2.1.0.json",
    version: "2.1.0",
    runs: [
      {
        tool: { driver: { name: "opennebula-scaleway validate", rules: report.results.map(rule) } },
        invocations: [{ executionSuccessful: report.counts.error === 0, startTimeUtc: report.startedAt }],
        results: bad.map((result) => ({
          ruleId: result.id,
          ruleIndex: report.results.indexOf(result),
          level: LEVEL[result.severity],
          message: { text: [result.title, ...result.evidence].join("\n") },
          locations: [
            {
              physicalLocation: { artifactLocation: { uri: stackFileOf(report.stack) } },
              logicalLocations: [{ fullyQualifiedName: `${report.stack}/${result.id}` }],
            },
          ],
          partialFingerprints: { check: `${report.stack}/${result.id}` },
        })),
      },
    ],
  };
}

function rule({ id, title, severity, threshold, cure }: CheckResult): object {
  return {
    id,
    shortDescription: { text: title },
    ...(threshold === undefined ? {} : { fullDescription: { text: `Wanted: ${threshold}` } }),
    ...(cure === undefined ? {} : { help: { text: cure } }),
    defaultConfiguration: { level: LEVEL[severity] },
  };
}
