// SPDX-License-Identifier: Apache-2.0
import { styleText } from "node:util";
import { AREAS, type CheckResult, type Verdict } from "../check";
import type { Readiness, ValidationReport } from "../report";
import { figure } from "../text";

type Colour = "green" | "yellow" | "red" | "gray" | "bold";

const MARKS: Record<Verdict, string> = { pass: "ok", fail: "FAIL", error: "ERROR", "not applicable": "n/a" };
/** Lines of evidence of a check that failed; the other formats have all. */
const MOST_LINES = 12;

const READINESS: Record<Readiness, Colour> = { READY: "green", "READY WITH WARNINGS": "yellow", "NOT READY": "red" };

function colour(name: Colour, text: string): string {
  return styleText(name, text, { validateStream: true, stream: process.stdout });
}

function colourOf({ verdict, severity }: CheckResult): Colour {
  if (verdict === "pass") return "green";
  if (verdict === "not applicable") return "gray";
  return severity === "critical" ? "red" : "yellow";
}

/** One line: what a check is and what came of it. */
export function resultLine(result: CheckResult): string {
  const { verdict, severity, id, title, seconds } = result;
  const mark = verdict === "fail" && severity === "warning" ? "warn" : MARKS[verdict];
  return `${colour(colourOf(result), mark.padEnd(5))} ${id}: ${title} (${figure(seconds)} s)`;
}

/** What a terminal shows: everything in short, what failed at length; colours only where it has them. */
export function terminalText(report: ValidationReport): string {
  const sections = AREAS.flatMap((area) => {
    const results = report.results.filter((result) => result.area === area);
    if (results.length === 0) return [];
    return [colour("bold", area), ...results.flatMap(resultText), ""];
  });
  const { pass, fail, error } = report.counts;
  const counts = `${pass} passed, ${fail} failed, ${error} could not tell, ${report.counts["not applicable"]} do not concern it`;
  const readiness = colour(READINESS[report.readiness], report.readiness);
  return [...sections, `${report.stack}: ${readiness}: ${counts}, ${figure(report.seconds)} s`].join("\n");
}

function resultText(result: CheckResult): string[] {
  const { verdict, evidence, threshold, cure } = result;
  const line = `  ${resultLine(result)}`;
  if (verdict === "pass") return [line];
  if (verdict === "not applicable") return [`${line}: ${evidence[0] ?? ""}`];
  const more = evidence.length - MOST_LINES;
  return [
    line,
    ...evidence.slice(0, MOST_LINES).map((text) => `          ${text}`),
    ...(more > 0 ? [`          and ${more} lines more in the other formats`] : []),
    ...(threshold === undefined ? [] : [`          wanted: ${threshold}`]),
    ...(cure === undefined ? [] : [`          cure: ${cure}`]),
  ];
}
