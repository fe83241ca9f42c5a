// SPDX-License-Identifier: Apache-2.0
import { localPage } from "../../components/monitoring/pages";
import { commandLine } from "../quote";
import type { CheckContext } from "./check";

/** One element of an instant vector. */
export interface VectorElement {
  labels: Record<string, string>;
  value: number;
}

/**
 * What Prometheus answers to a query now; it listens on the front-end's loopback alone.
 *
 * @throws Error when it does not answer, or calls the query wrong.
 */
export async function queryPrometheus({ cloud }: Pick<CheckContext, "cloud">, query: string): Promise<VectorElement[]> {
  const url = `${localPage("prometheus")}/api/v1/query`;
  const words = ["curl", "-sS", "-m", "10", "--get", "--data-urlencode", `query=${query}`, url];
  const answer = JSON.parse(await cloud.root(cloud.frontend.name, commandLine(words))) as {
    status: string;
    error?: string;
    data?: { result: { metric: Record<string, string>; value: [number, string] }[] };
  };
  if (answer.data === undefined) throw new Error(`Prometheus: ${answer.error ?? answer.status}`);
  return answer.data.result.map(({ metric, value }) => ({ labels: metric, value: Number(value[1]) }));
}
