// SPDX-License-Identifier: Apache-2.0
// `npm run bench [-- --json] [--hosts 10,100,1000] [--only preview]`: the performance table.
import { cpus, loadavg, totalmem } from "node:os";
import { Command, InvalidArgumentError } from "commander";
import { labRows, measureLab } from "./measurements/lab";
import { previewRows } from "./measurements/preview";
import { renderRows, type Row } from "./rows";

interface Options {
  json?: boolean;
  hosts: number[];
  only?: "lab" | "preview";
}

function sizes(value: string): number[] {
  const numbers = value.split(",").map(Number);
  // The stack's networks have room for 4,000 hosts.
  if (numbers.some((one) => !Number.isInteger(one) || one < 1 || one > 4000)) {
    throw new InvalidArgumentError("whole numbers from 1 to 4000, with commas between them");
  }
  return numbers;
}

function part(value: string): "lab" | "preview" {
  if (value === "lab" || value === "preview") return value;
  throw new InvalidArgumentError("one of: lab, preview");
}

function machine(): string {
  const processors = cpus();
  const gigabytes = (totalmem() / 2 ** 30).toFixed(1);
  const load = loadavg()[0]!.toFixed(1);
  const { node } = process.versions;
  return `${processors.length} cores (${processors[0]?.model ?? "unknown"}), ${gigabytes} GiB memory, Node ${node}, load ${load} at the start`;
}

async function main({ json = false, hosts, only }: Options): Promise<void> {
  const note = (text: string): void => void process.stderr.write(`${text} ...\n`);
  const about = machine();
  if (!json) console.log(about);
  const rows: Row[] = [];
  let reason: string | undefined;
  if (only !== "preview") {
    if (process.getuid?.() !== 0) reason = "a lab needs root";
    rows.push(...labRows(reason === undefined ? await measureLab(note) : undefined));
  }
  if (only !== "lab") rows.push(...(await previewRows(hosts, note)));
  if (json) console.log(JSON.stringify(rows, undefined, 2));
  else console.log(renderRows(rows, reason));
  if (json) process.stderr.write(`${about}\n`);
}

const program = new Command("bench")
  .description("Measures deployment on a lab, and previews of stacks of many hosts.")
  .option("--json", "rows of {name, value, unit, goal, holds}")
  .option("--hosts <numbers>", "sizes of the previewed stacks", sizes, [10, 100, 1000])
  .option("--only <part>", "lab or preview", part)
  .parse();

main(program.opts<Options>()).catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
