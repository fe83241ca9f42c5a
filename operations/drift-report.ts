// SPDX-License-Identifier: Apache-2.0
import { styleText } from "node:util";
import type { DriftReport, HostDrift, LayerDrift, LayerVerdict } from "./drift";

const COLOURS: Record<LayerVerdict, "green" | "yellow" | "red"> = {
  clean: "green",
  differs: "yellow",
  fixed: "green",
  failed: "red",
};

/** What a terminal shows; colours only where it has them (`NO_COLOR` is honoured). */
export function driftText(report: DriftReport): string {
  const verdicts = report.hosts.flatMap(({ layers }) => layers);
  const count = (verdict: LayerVerdict): number => verdicts.filter((layer) => layer.verdict === verdict).length;
  const summary = (["clean", "differs", "fixed", "failed"] as const)
    .filter((verdict) => count(verdict) > 0)
    .map((verdict) => `${count(verdict)} ${verdict}`)
    .join(", ");
  return [...report.hosts.map(hostText), `${report.stack}: ${summary}`].join("\n");
}

/** One host's part of the report. */
export function hostText({ host, layers }: HostDrift): string {
  return layers
    .map((layer) => [`${host} ${layer.layer}: ${verdictText(layer.verdict)}`, ...details(layer)].join("\n"))
    .join("\n");
}

function details(layer: LayerDrift): string[] {
  const lines = layer.differences.map(
    ({ kind, id, what, detail }) => `  ${kind} ${id}: ${what}${detail ? ` (${detail})` : ""}`,
  );
  return layer.reason === undefined ? lines : [...lines, `  ${layer.reason}`];
}

function verdictText(verdict: LayerVerdict): string {
  return styleText(COLOURS[verdict], verdict, { validateStream: true, stream: process.stdout });
}
