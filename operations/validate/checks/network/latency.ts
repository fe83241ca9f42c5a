// SPDX-License-Identifier: Apache-2.0
import { judge, notApplicable, type Check, type Measurement } from "../../check";
import { hostPaths, parsePing } from "../../ping";
import { figure } from "../../text";

const MAX_MS = 5;
const COUNT = 20;

export const latency: Check = {
  id: "network/latency",
  title: "hosts reach each other over both private networks: quickly, and without loss",
  area: "network",
  severity: "critical",
  seconds: 60,
  cure: "see the hosts' interfaces and Scaleway's status; load on a host shows here too",
  async run(context) {
    const paths = hostPaths(context);
    if (paths.length === 0) return notApplicable("there is one host only");
    const results = await Promise.all(
      paths.map(async (path) => {
        const ping = `ping -n -q -c ${COUNT} -i 0.05 -W 2 ${path.address} || true`;
        return { ...path, ...parsePing(await context.cloud.root(path.from, ping)) };
      }),
    );
    const name = (network: string): string => `latency on the ${network} network`;
    const problems = results.flatMap(({ network, from, to, loss, average }) => [
      ...(loss > 0 ? [`${from} to ${to} on the ${network} network: ${loss} % lost`] : []),
      ...(average !== undefined && average >= MAX_MS
        ? [`${from} to ${to} on the ${network} network: ${figure(average)} ms`]
        : []),
    ]);
    const measurements = results.flatMap(({ network, from, to, loss, average }): Measurement[] => [
      ...(average === undefined ? [] : [{ name: name(network), from, to, value: average, unit: "ms" as const }]),
      { name: `loss on the ${network} network`, from, to, value: loss, unit: "%" },
    ]);
    const slowest = Math.max(...results.map(({ average = 0 }) => average));
    return judge(
      problems,
      [`${results.length} ways with ${COUNT} packets each; the slowest took ${figure(slowest)} ms`],
      {
        threshold: `below ${MAX_MS} ms on average, nothing lost`,
        measurements,
      },
    );
  },
};
