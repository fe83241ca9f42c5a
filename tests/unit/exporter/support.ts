// SPDX-License-Identifier: Apache-2.0
import { MeasuredClient } from "../../../onhost/exporter/src/client";
import { Collector } from "../../../onhost/exporter/src/collect";
import { Tallies } from "../../../onhost/exporter/src/tallies";

export interface Exporter {
  collector: Collector;
  /** What it has said to the journal. */
  journal: string[];
}

/** An exporter of the oned on a port of this machine. */
export function exporterOf(
  port: number,
  login: { username: string; password: string } = { username: "exporter", password: "canary-exporter-1b7d" },
  agentHealthy?: () => Promise<boolean | undefined>,
): Exporter {
  const tallies = new Tallies();
  const client = new MeasuredClient({ endpoint: `http://127.0.0.1:${port}/RPC2`, ...login }, tallies);
  const journal: string[] = [];
  const collector = new Collector({ client, tallies, agentHealthy, log: (line) => journal.push(line) });
  return { collector, journal };
}

/** The lines of a page by metric and labels: `opennebula_vms{state="running"}` -> 1. */
export function valuesOf(page: string): Record<string, number> {
  const lines = page.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
  return Object.fromEntries(
    lines.map((line): [string, number] => {
      const blank = line.lastIndexOf(" ");
      return [line.slice(0, blank), Number(line.slice(blank + 1))];
    }),
  );
}

/** What a page declares: name, type, help and the labels that its series have. */
export function declaredIn(page: string): { name: string; type: string; help: string; labels: string }[] {
  const helps = [...page.matchAll(/^# HELP (\S+) (.*)$/gm)];
  return helps.map(([, name = "", help = ""]) => {
    const type = new RegExp(`^# TYPE ${name} (\\w+)$`, "m").exec(page)?.[1] ?? "";
    const series = new RegExp(`^${name}(?:_count)?\\{([^}]*)\\}`, "m").exec(page)?.[1] ?? "";
    const labels = [...series.matchAll(/(\w+)="/g)].map((match) => match[1]).join(", ");
    return { name, type, help, labels };
  });
}
