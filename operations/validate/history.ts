// SPDX-License-Identifier: Apache-2.0
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Verdict } from "./check";
import type { ValidationReport } from "./report";

/** Earlier runs that are kept. */
const KEPT = 50;

/** Earlier reports of a stack in a directory, oldest first. Files that are none are left alone. */
export function earlierReports(directory: string, stack: string): ValidationReport[] {
  return reportFiles(directory, stack).flatMap((file) => {
    try {
      const report = JSON.parse(readFileSync(join(directory, file), "utf8")) as ValidationReport;
      return report.schemaVersion === 1 && report.stack === stack ? [report] : [];
    } catch {
      return []; // A run that was killed while it wrote, in a version that did not rename.
    }
  });
}

/** Keeps a report for later runs to compare with; the oldest goes when there are too many. */
export function keepReport(directory: string, report: ValidationReport): string {
  mkdirSync(directory, { recursive: true });
  const file = join(directory, `${report.stack}-${report.startedAt.replaceAll(":", "")}.json`);
  writeFileSync(`${file}.new`, `${JSON.stringify(report, null, 2)}\n`);
  renameSync(`${file}.new`, file);
  reportFiles(directory, report.stack)
    .slice(0, -KEPT)
    .forEach((old) => rmSync(join(directory, old), { force: true }));
  return file;
}

function reportFiles(directory: string, stack: string): string[] {
  try {
    const name = new RegExp(`^${stack.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")}-\\d{4}-\\d\\d-\\d\\dT[\\d.]+Z\\.json$`);
    return readdirSync(directory)
      .filter((file) => name.test(file))
      .sort();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw error;
  }
}

/** A check whose verdict is not what it was. */
export interface Change {
  id: string;
  title: string;
  before: Verdict | "not run";
  now: Verdict | "not run";
}

/** Checks whose verdict differs between two runs. */
export function changesBetween(before: ValidationReport, now: ValidationReport): Change[] {
  const verdicts = (report: ValidationReport) => new Map(report.results.map((result) => [result.id, result]));
  const [old, current] = [verdicts(before), verdicts(now)];
  return [...new Set([...old.keys(), ...current.keys()])].flatMap((id) => {
    const change: Change = {
      id,
      title: (current.get(id) ?? old.get(id)!).title,
      before: old.get(id)?.verdict ?? "not run",
      now: current.get(id)?.verdict ?? "not run",
    };
    return change.before === change.now ? [] : [change];
  });
}
