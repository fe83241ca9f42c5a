// SPDX-License-Identifier: Apache-2.0
import type { CheckContext } from "./check";
import { scratchDirectory } from "./mark";

/** What one job of fio measured. */
export interface FioJob {
  readMb: number;
  writeMb: number;
  iops: number;
  /** Milliseconds that 99 of 100 synchronisations took at most. */
  syncP99: number;
}

interface FioOutput {
  jobs: {
    read: { bw_bytes: number; iops: number };
    write: { bw_bytes: number; iops: number };
    sync?: { lat_ns?: { percentile?: Record<string, number> } };
  }[];
}

/**
 * Runs one job of fio in a directory of a host; its file goes with it, whatever ends it.
 *
 * @param job - fio's options.
 */
export async function fio(
  { cloud }: Pick<CheckContext, "cloud">,
  where: { host: string; parent: string },
  job: { options: readonly string[]; seconds: number },
): Promise<FioJob> {
  const directory = scratchDirectory(where.parent);
  const options = [
    `--directory=${directory}`,
    "--name=validate",
    "--output-format=json",
    "--time_based",
    `--runtime=${job.seconds}`,
  ];
  const script = `trap 'rm -rf ${directory}' EXIT
trap 'exit 1' HUP INT TERM
mkdir -p ${directory}
fio ${[...options, ...job.options].join(" ")}`;
  return parseFio(await cloud.root(where.host, script, "", job.seconds + 40));
}

/** @throws Error where fio's output is none */
export function parseFio(output: string): FioJob {
  // Warnings may stand before the document.
  const [job] = (JSON.parse(output.slice(output.indexOf("{"))) as FioOutput).jobs;
  if (!job) throw new Error("fio measured nothing");
  return {
    readMb: job.read.bw_bytes / 1e6,
    writeMb: job.write.bw_bytes / 1e6,
    iops: job.read.iops + job.write.iops,
    syncP99: (job.sync?.lat_ns?.percentile?.["99.000000"] ?? NaN) / 1e6,
  };
}
