// SPDX-License-Identifier: Apache-2.0
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parse, stringify } from "yaml";
import { NOBODY } from "../../lab/engine/testing";
import { checkout, programCommand } from "../../lab/hosts/layout";
import { ProcessTree } from "../process-tree";
import { row, type Row } from "../rows";

/** Goals for the largest stack: seconds, and megabytes of engine, program and plugins together. */
const LARGEST = 1000;
const LARGEST_SECONDS = 60;
const LARGEST_MEGABYTES = 2048;
/** Ten times the hosts may take this much more than ten times as long, or as much. */
const LINEAR = 1.25;
const DEADLINE_SECONDS = 1800;

interface Measured {
  hosts: number;
  seconds: number;
  cpuSeconds: number | undefined;
  megabytes: number | undefined;
  resources: number;
}

interface StackYaml {
  config: { "opennebula-scaleway:cloud": { networks: Record<string, Record<string, unknown>>; hosts: unknown } };
}

/** The production stack with that many hosts: one front-end, which is a hypervisor too, and hypervisors. */
function stackOf(hosts: number): string {
  const stack = parse(readFileSync(join(checkout, "Pulumi.prod.yaml"), "utf8")) as StackYaml;
  const cloud = stack.config["opennebula-scaleway:cloud"];
  cloud.networks.management = { cidr: "10.16.0.0/20" };
  cloud.networks.vms = { cidr: "172.16.16.0/20" };
  cloud.hosts = Object.fromEntries(
    Array.from({ length: hosts }, (_, index) => {
      const offset = index + 10;
      const managementAddress = `10.16.${Math.floor(offset / 256)}.${offset % 256}`;
      return index === 0
        ? ["fe", { roles: ["frontend", "hypervisor"], managementAddress }]
        : [`host${String(index).padStart(4, "0")}`, { roles: ["hypervisor"], managementAddress }];
    }),
  );
  return stringify(stack);
}

/** Previews a stack of that many hosts on an empty state, with the lab's engine and its stand-in plugins. @param policies - judge it */
async function measure(hosts: number, policies = false): Promise<Measured> {
  const folder = mkdtempSync(join(tmpdir(), "opennebula-scaleway-bench-"));
  try {
    const configFile = join(folder, "Pulumi.bench.yaml");
    writeFileSync(configFile, stackOf(hosts));
    const [node = "", ...engine] = [...programCommand(join(checkout, "lab/engine/main.ts")), "preview", "--json"];
    const where = ["-s", "bench", "-C", checkout, "--config-file", configFile];
    if (policies) {
      // A thousand hosts cost what they cost: here the verdict is not what is measured.
      const levels = join(folder, "levels.json");
      writeFileSync(levels, JSON.stringify({ "cost-ceiling": { enforcementLevel: "advisory" } }));
      where.push("--policy-pack", join(checkout, "policies"), "--policy-pack-config", levels);
    }
    const started = Date.now();
    const child = spawn(node, [...engine, ...where, "--plugin-dir", join(checkout, "lab/plugins/bin")], {
      cwd: checkout,
      stdio: ["ignore", "pipe", "pipe"],
      env: { ...process.env, ...NOBODY, PULUMI_BACKEND_URL: `file://${folder}`, PULUMI_CONFIG_PASSPHRASE: "bench" },
    });
    const tree = new ProcessTree(child.pid!);
    const timer = setTimeout(() => child.kill("SIGTERM"), DEADLINE_SECONDS * 1000);
    let last = "";
    let errors = "";
    // Only the tail is kept: the events of a thousand hosts are many.
    child.stdout.setEncoding("utf8").on("data", (chunk: string) => (last = (last + chunk).slice(-2000)));
    child.stderr.setEncoding("utf8").on("data", (chunk: string) => (errors = (errors + chunk).slice(-2000)));
    const code = await new Promise<number | null>((resolve, reject) => {
      child.once("error", reject).once("close", resolve);
    });
    clearTimeout(timer);
    const seconds = (Date.now() - started) / 1000;
    const usage = tree.stop();
    if (code !== 0) throw new Error(`preview of ${hosts} hosts failed with ${code}: ${errors}\n${last}`);
    const summary = JSON.parse(last.trim().split("\n").at(-1)!) as { resourceChanges: { create: number } };
    return {
      hosts,
      seconds,
      cpuSeconds: usage.cpuSeconds,
      megabytes: usage.peakMegabytes,
      resources: summary.resourceChanges.create,
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Preview time and memory by number of hosts. @param note - told what is being measured */
export async function previewRows(sizes: number[], note: (text: string) => void): Promise<Row[]> {
  const measured: Measured[] = [];
  for (const hosts of sizes) {
    note(`preview of ${hosts} hosts`);
    measured.push(await measure(hosts));
  }
  const packs: PackCost[] = [];
  for (const without of twoLargest(measured)) {
    note(`preview of ${without.hosts} hosts with the policy pack`);
    packs.push(packCost(without, await measure(without.hosts, true)));
  }
  const rows = measured.flatMap(({ hosts, seconds, cpuSeconds, megabytes, resources }) => {
    const largest = hosts >= LARGEST;
    return [
      row(`preview, ${hosts} hosts`, seconds, "s", largest ? { atMost: LARGEST_SECONDS } : undefined),
      row(`preview, ${hosts} hosts, processor time`, cpuSeconds, "s"),
      row(`preview, ${hosts} hosts, memory`, megabytes, "MB", largest ? { atMost: LARGEST_MEGABYTES } : undefined),
      row(`preview, ${hosts} hosts, resources`, resources, "resources"),
    ];
  });
  return [...rows, ...packs.flatMap(packRows), ...growth(measured, packs)];
}

function twoLargest(measured: Measured[]): Measured[] {
  return [...measured].sort((a, b) => a.hosts - b.hosts).slice(-2);
}

/** What judging adds to a preview: the pack's own process, its start included, and the engine's questions to it. */
interface PackCost {
  hosts: number;
  seconds: number;
  cpuSeconds: number | undefined;
}

function packCost(without: Measured, judged: Measured): PackCost {
  const cpuSeconds =
    judged.cpuSeconds === undefined || without.cpuSeconds === undefined
      ? undefined
      : judged.cpuSeconds - without.cpuSeconds;
  return { hosts: without.hosts, seconds: judged.seconds - without.seconds, cpuSeconds };
}

function packRows({ hosts, seconds, cpuSeconds }: PackCost): Row[] {
  return [
    row(`policy pack, ${hosts} hosts, added to a preview`, seconds, "s"),
    row(`policy pack, ${hosts} hosts, added processor time`, cpuSeconds, "s"),
  ];
}

/** How time and memory grow from the second largest stack to the largest, against the number of hosts. */
function growth(measured: Measured[], packs: PackCost[]): Row[] {
  const [smaller, larger] = twoLargest(measured);
  if (smaller === undefined || larger === undefined) return [];
  const factor = larger.hosts / smaller.hosts;
  const grown = (what: string, a: number | undefined, b: number | undefined): Row =>
    row(
      `${what} growth, ${smaller.hosts} to ${larger.hosts} hosts (1: linear)`,
      a === undefined || b === undefined ? undefined : b / a / factor,
      "ratio",
      { atMost: LINEAR },
    );
  return [
    grown("preview time", smaller.seconds, larger.seconds),
    grown("preview memory", smaller.megabytes, larger.megabytes),
    grown("policy pack processor time", packs[0]?.cpuSeconds, packs[1]?.cpuSeconds),
  ];
}
