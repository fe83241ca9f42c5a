// SPDX-License-Identifier: Apache-2.0
import { AREAS, type CheckResult, type Measurement } from "../check";
import { changesBetween } from "../history";
import type { ValidationReport } from "../report";
import { figure } from "../text";
import { barsSvg, historySvg, matrixSvg } from "./plots";
import { STYLE } from "./style";
import { escapeMarkup as esc } from "./xml";

/** Runs in the plot of the history. */
const MOST_RUNS = 30;

/**
 * One page that needs nothing else: no script, no file, no server.
 *
 * @param earlier - reports of the same stack, oldest first.
 */
export function htmlPage(report: ValidationReport, earlier: readonly ValidationReport[] = []): string {
  const { stack, readiness, startedAt, seconds, counts, hosts, opennebula } = report;
  const title = esc(`${stack}: ${readiness}`);
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>${title}</title>
<style>${STYLE}</style>
</head>
<body>
<header class="${readiness === "READY" ? "good" : readiness === "NOT READY" ? "bad" : "fair"}">
<h1>${esc(stack)} <span>${esc(readiness)}</span></h1>
<p>${esc(startedAt)}, ${figure(seconds)} s; OpenNebula ${esc(opennebula)} on ${hosts.length} hosts:
${hosts.map(({ name, roles }) => `${esc(name)} (${esc(roles.join(", "))})`).join(", ")}</p>
<ul class="counts">
<li><b>${counts.pass}</b> passed</li><li><b>${counts.fail}</b> failed</li><li><b>${counts.error}</b> could not tell</li>
<li><b>${counts["not applicable"]}</b> do not concern this cloud</li>
</ul>
</header>
<main>
${changesSection(report, earlier)}
${AREAS.map((area) => areaSection(area, report.results)).join("\n")}
</main>
</body>
</html>
`;
}

function changesSection(report: ValidationReport, earlier: readonly ValidationReport[]): string {
  const last = earlier.at(-1);
  if (!last) return "";
  const changes = changesBetween(last, report);
  const rows = changes.map(
    ({ id, title, before, now }) =>
      `<tr><td>${esc(id)}</td><td>${esc(title)}</td><td>${esc(before)}</td><td class="${kind(now)}">${esc(now)}</td></tr>`,
  );
  const table =
    rows.length === 0
      ? "<p>No verdict has changed.</p>"
      : `<table><tr><th>check</th><th></th><th>before</th><th>now</th></tr>${rows.join("")}</table>`;
  return `<section><h2>since ${esc(last.startedAt)}</h2>${table}
<figure><figcaption>history of runs</figcaption>${historySvg([...earlier, report].slice(-MOST_RUNS))}</figure></section>`;
}

function areaSection(area: string, all: readonly CheckResult[]): string {
  const results = all.filter((result) => result.area === area);
  if (results.length === 0) return "";
  return `<section><h2>${esc(area)}</h2>${results.map(resultBlock).join("\n")}${plots(results)}</section>`;
}

function resultBlock(result: CheckResult): string {
  const { id, title, verdict, severity, evidence, threshold, cure, seconds } = result;
  const open = verdict === "fail" || verdict === "error" ? " open" : "";
  const word = verdict === "fail" && severity === "warning" ? "warning" : verdict;
  return `<details${open}><summary><span class="verdict ${kind(word)}">${esc(word)}</span> ${esc(title)}
<small>${esc(id)}, ${figure(seconds)} s</small></summary>
<ul>${evidence.map((line) => `<li>${esc(line)}</li>`).join("")}</ul>
${threshold === undefined ? "" : `<p><b>wanted:</b> ${esc(threshold)}</p>`}
${cure === undefined ? "" : `<p><b>cure:</b> ${esc(cure)}</p>`}</details>`;
}

function kind(verdict: string): string {
  const kinds: Record<string, string> = { pass: "pass", warning: "warning", fail: "fail", error: "fail" };
  return kinds[verdict] ?? "none";
}

/** One plot for each name: a matrix for figures between hosts, bars for the others. */
function plots(results: readonly CheckResult[]): string {
  const byName = new Map<string, Measurement[]>();
  for (const one of results.flatMap(({ measurements = [] }) => measurements))
    byName.set(one.name, [...(byName.get(one.name) ?? []), one]);
  return [...byName]
    .map(([name, all]) => {
      const plot = all.every(({ to }) => to !== undefined) ? matrixSvg(name, all) : barsSvg(name, all);
      return `<figure><figcaption>${esc(name)}</figcaption>${plot}</figure>`;
    })
    .join("\n");
}
