// SPDX-License-Identifier: Apache-2.0
import { TEXTFILES } from "../../components/host/textfiles";
import type { CheckContext } from "./check";
import { lines } from "./text";

/** A sample of a metric in a textfile. */
export interface Sample {
  host: string;
  labels: Record<string, string>;
  value: number;
}

/** Every sample of `opennebula_scaleway_<name>` that any host's layers have left; none where the layer is off. */
export async function layerMetric({ cloud }: Pick<CheckContext, "cloud">, name: string): Promise<Sample[]> {
  const full = `opennebula_scaleway_${name}`;
  const script = `grep -hE '^${full}([{ ])' ${TEXTFILES}/*.prom 2>/dev/null || true`;
  const answers = await Promise.all(
    cloud.hosts.map(async (host) =>
      lines(await cloud.root(host.name, script)).map((line) => parseSample(host.name, line)),
    ),
  );
  return answers.flat();
}

/** One line of Prometheus' text format. */
export function parseSample(host: string, line: string): Sample {
  const [, inner = "", value = ""] = /^\w+(?:\{(.*)\})?\s+(\S+)/.exec(line) ?? [];
  const labels = [...inner.matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)].map(([, key = "", text = ""]) => [key, text]);
  return { host, labels: Object.fromEntries(labels) as Record<string, string>, value: Number(value) };
}

/** Seconds since 1970. */
export function now(): number {
  return Date.now() / 1000;
}
