// SPDX-License-Identifier: Apache-2.0
import { AREAS, type CheckResult } from "../check";
import { countsOf, type ValidationReport } from "../report";
import { escapeMarkup } from "./xml";

/** JUnit's XML as CI systems read it: one suite for each area. A failed warning is a failure there, too; its type says which. */
export function junitXml(report: ValidationReport): string {
  const suites = AREAS.flatMap((area) => {
    const results = report.results.filter((result) => result.area === area);
    return results.length === 0 ? [] : [suite(area, results)];
  });
  const name = escapeMarkup(`validate ${report.stack}`);
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites name="${name}" ${totals(report.results)} time="${report.seconds}">`,
    ...suites,
    "</testsuites>",
    "",
  ].join("\n");
}

function totals(results: readonly CheckResult[]): string {
  const counts = countsOf(results);
  const { fail, error } = counts;
  return `tests="${results.length}" failures="${fail}" errors="${error}" skipped="${counts["not applicable"]}"`;
}

function suite(area: string, results: readonly CheckResult[]): string {
  const seconds = results.reduce((sum, result) => sum + result.seconds, 0).toFixed(3);
  return [
    `  <testsuite name="${area}" ${totals(results)} time="${seconds}">`,
    ...results.map(testCase),
    "  </testsuite>",
  ].join("\n");
}

function testCase(result: CheckResult): string {
  const { id, title, area, seconds, verdict, severity, evidence, threshold, cure } = result;
  const head = `    <testcase classname="${area}" name="${escapeMarkup(`${id}: ${title}`)}" time="${seconds}"`;
  const lines = [...evidence, ...(threshold ? [`wanted: ${threshold}`] : []), ...(cure ? [`cure: ${cure}`] : [])];
  const text = escapeMarkup(lines.join("\n"));
  const message = escapeMarkup(evidence[0] ?? "");
  switch (verdict) {
    case "pass":
      return `${head}><system-out>${text}</system-out></testcase>`;
    case "fail":
      return `${head}><failure type="${severity}" message="${message}">${text}</failure></testcase>`;
    case "error":
      return `${head}><error type="${severity}" message="${message}">${text}</error></testcase>`;
    case "not applicable":
      return `${head}><skipped message="${message}"/></testcase>`;
  }
}
