// SPDX-License-Identifier: Apache-2.0
// `npm run bench [-- --json] [--hosts 10,100,1000] [--resources 1000,5000] [--only client]`: the performance table.
import { cpus, loadavg, totalmem } from "node:os";
import { Command, InvalidArgumentError } from "commander";
import { clientRows } from "./measurements/client";
import { engineRows } from "./measurements/engine";
import { exporterRows } from "./measurements/exporter";
import { objectRows } from "./measurements/objects";
import { labRows, measureLab } from "./measurements/lab";
import { measureMonitoring, monitoringRows } from "./measurements/monitoring";
import { previewRows } from "./measurements/preview";
import { renderRows, type Row } from "./rows";

interface Options {
  json?: boolean;
  hosts: number[];
  resources: number[];
  only?: Part;
}

const PARTS = ["lab", "monitoring", "preview", "engine", "client", "objects"] as const;
type Part = (typeof PARTS)[number];

function sizes(most: number): (value: string) => number[] {
  return (value) => {
    const numbers = value.split(",").map(Number);
    if (numbers.some((one) => !Number.isInteger(one) || one < 1 || one > most)) {
      throw new InvalidArgumentError(`whole numbers from 1 to ${most}, with commas between them`);
    }
    return numbers;
  };
}

function part(value: string): Part {
  const known = PARTS.find((one) => one === value);
  if (known === undefined) throw new InvalidArgumentError(`one of: ${PARTS.join(", ")}`);
  return known;
}

function machine(): string {
  const processors = cpus();
  const gigabytes = (totalmem() / 2 ** 30).toFixed(1);
  const load = loadavg()[0]!.toFixed(1);
  const { node } = process.versions;
  return `${processors.length} cores (${processors[0]?.model ?? "unknown"}), ${gigabytes} GiB memory, Node ${node}, load ${load} at the start`;
}

async function main({ json = false, hosts, resources, only }: Options): Promise<void> {
  const note = (text: string): void => void process.stderr.write(`${text} ...\n`);
  const about = machine();
  if (!json) console.log(about);
  const rows: Row[] = [];
  let reason: string | undefined;
  const needsLab = only === undefined || only === "lab" || only === "monitoring";
  if (needsLab && process.getuid?.() !== 0) reason = "a lab needs root";
  const onLab = reason === undefined;
  if (only === undefined || only === "lab") rows.push(...labRows(onLab ? await measureLab(note) : undefined));
  if (only === undefined || only === "monitoring") {
    rows.push(...monitoringRows(onLab ? await measureMonitoring(note) : undefined), ...(await exporterRows(note)));
  }
  if (only === undefined || only === "preview") rows.push(...(await previewRows(hosts, note)));
  if (only === undefined || only === "client") rows.push(...(await clientRows(note)));
  if (only === undefined || only === "objects") rows.push(...(await objectRows(note)));
  if (only === undefined || only === "engine") rows.push(...(await engineRows(resources, note)));
  if (json) console.log(JSON.stringify(rows, undefined, 2));
  else console.log(renderRows(rows, reason));
  if (json) process.stderr.write(`${about}\n`);
}

const program = new Command("bench")
  .description(
    "Measures deployment on a lab, what monitoring costs there, previews of stacks of many hosts, the client of oned, objects through its provider, and the engine on programs of many resources.",
  )
  .option("--json", "rows of {name, value, unit, goal, holds}")
  // The stack's networks have room for 4,000 hosts.
  .option("--hosts <numbers>", "sizes of the previewed stacks", sizes(4000), [10, 100, 1000])
  .option("--resources <numbers>", "sizes of the engine's own programs", sizes(100_000), [1000, 5000])
  .option("--only <part>", PARTS.join(", "), part)
  .parse();

main(program.opts<Options>()).catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
