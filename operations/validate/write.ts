// SPDX-License-Identifier: Apache-2.0
import { mkdirSync, renameSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { htmlPage } from "./formats/html";
import { junitXml } from "./formats/junit";
import { writePdf } from "./formats/pdf";
import { sarifLog } from "./formats/sarif";
import { earlierReports, keepReport } from "./history";
import type { ValidationReport } from "./report";

/** Files that a report is written to; each only where it is named. */
export interface ReportFiles {
  html?: string;
  junit?: string;
  sarif?: string;
  pdf?: string;
  /** Directory of earlier reports: they are in the page, and this one is added. */
  history?: string;
}

/**
 * Writes a report in every form that is asked for.
 *
 * @throws Error when a file cannot be written, or no browser prints the PDF; the forms before it are there.
 */
export async function writeReports(report: ValidationReport, files: ReportFiles): Promise<void> {
  const earlier = files.history === undefined ? [] : earlierReports(files.history, report.stack);
  if (files.history !== undefined) keepReport(files.history, report);
  if (files.junit !== undefined) write(files.junit, junitXml(report));
  if (files.sarif !== undefined) write(files.sarif, `${JSON.stringify(sarifLog(report), null, 2)}\n`);
  if (files.html === undefined && files.pdf === undefined) return;
  const page = htmlPage(report, earlier);
  if (files.html !== undefined) write(files.html, page);
  if (files.pdf !== undefined) await writePdf(page, files.pdf);
}

function write(file: string, text: string): void {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(`${file}.new`, text);
  renameSync(`${file}.new`, file);
}
