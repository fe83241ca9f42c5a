// SPDX-License-Identifier: Apache-2.0
import { styleText } from "node:util";
import type { Cause, DriftReport, HostDrift, LayerDrift, LayerVerdict, ResourceGroup } from "./drift";

const COLOURS: Record<LayerVerdict, "green" | "yellow" | "red"> = {
  clean: "green",
  differs: "yellow",
  fixed: "green",
  failed: "red",
};

const PLACES: Record<Cause, string> = {
  opennebula: "changed inside OpenNebula",
  scaleway: "changed at Scaleway",
  other: "changed elsewhere",
};

/** What a terminal shows, by cause; colours only where it has them (`NO_COLOR` is honoured). */
export function driftText(report: DriftReport): string {
  const { stack, hosts, resources, reason } = report;
  const verdicts = [
    ...hosts.flatMap(({ layers }) => layers.map(({ verdict }) => verdict)),
    ...resources.flatMap((group) => group.resources.map(() => group.verdict)),
  ];
  const count = (verdict: LayerVerdict): number => verdicts.filter((one) => one === verdict).length;
  const summary = (["clean", "differs", "fixed", "failed"] as const)
    .filter((verdict) => count(verdict) > 0)
    .map((verdict) => `${count(verdict)} ${verdict}`)
    .join(", ");
  const trouble = reason === undefined ? [] : [`the providers could not be asked or repair: ${reason}`];
  return [...hosts.map(hostText), ...resources.map(groupText), ...trouble, `${stack}: ${summary}`].join("\n");
}

function groupText({ cause, verdict, resources }: ResourceGroup): string {
  const lines = resources.map(({ urn, what, properties }) => {
    const names = properties.length === 0 ? "" : ` (${properties.join(", ")})`;
    return `  ${urn.split("::").at(-1)}: ${what}${names}`;
  });
  return [`${PLACES[cause]}: ${verdictText(verdict)}`, ...lines].join("\n");
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
