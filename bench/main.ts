// SPDX-License-Identifier: Apache-2.0
// `npm run bench [-- --json] [--hosts 10,100,1000] [--only client]`: the performance table.
import { cpus, loadavg, totalmem } from "node:os";
import { Command, InvalidArgumentError } from "commander";
import { clientRows } from "./measurements/client";
import { labRows, measureLab } from "./measurements/lab";
import { previewRows } from "./measurements/preview";
import { renderRows, type Row } from "./rows";

const PARTS = ["lab", "preview", "client"] as const;
type Part = (typeof PARTS)[number];

interface Options {
  json?: boolean;
  hosts: number[];
  only?: Part;
}

function sizes(value: string): number[] {
  const numbers = value.split(",").map(Number);
  // The stack's networks have room for 4,000 hosts.
  if (numbers.some((one) => !Number.isInteger(one) || one < 1 || one > 4000)) {
    throw new InvalidArgumentError("whole numbers from 1 to 4000, with commas between them");
  }
  return numbers;
}

function part(value: string): Part {
  const found = PARTS.find((one) => one === value);
  if (found === undefined) throw new InvalidArgumentError(`one of: ${PARTS.join(", ")}`);
  return found;
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
  if (only === undefined || only === "lab") {
    if (process.getuid?.() !== 0) reason = "a lab needs root";
    rows.push(...labRows(reason === undefined ? await measureLab(note) : undefined));
  }
  if (only === undefined || only === "preview") rows.push(...(await previewRows(hosts, note)));
  if (only === undefined || only === "client") rows.push(...(await clientRows(note)));
  if (json) console.log(JSON.stringify(rows, undefined, 2));
  else console.log(renderRows(rows, reason));
  if (json) process.stderr.write(`${about}\n`);
}

const program = new Command("bench")
  .description("Measures deployment on a lab, previews of stacks of many hosts, and the client of oned.")
  .option("--json", "rows of {name, value, unit, goal, holds}")
  .option("--hosts <numbers>", "sizes of the previewed stacks", sizes, [10, 100, 1000])
  .option("--only <part>", PARTS.join(" or "), part)
  .parse();

main(program.opts<Options>()).catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
