// SPDX-License-Identifier: Apache-2.0
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { checkout, programCommand } from "../../lab/hosts/layout";
import { ProcessTree, type Usage } from "../process-tree";
import { row, type Row } from "../rows";

/** Goals for a program of that many resources, in seconds with the start of the program, on two cores. */
const GOAL = { resources: 1000, upSeconds: 6, noOpSeconds: 4 };
/** Five times the resources may take this much more than five times as long. */
const LINEAR = 1.25;
const DEADLINE_SECONDS = 900;

/** Components of a hundred resources, each with a number of inputs and one that stands on its neighbour. */
const PROGRAM = `
const pulumi = require("@pulumi/pulumi");
class Thing extends pulumi.CustomResource {
  constructor(name, args, opts) { super("bench:index:Thing", name, { ...args, serial: undefined }, opts); }
}
const count = Number(process.env.BENCH_RESOURCES);
let group, last;
for (let i = 0; i < count; i++) {
  if (i % 100 === 0) {
    group?.registerOutputs({});
    group = new pulumi.ComponentResource("bench:index:Group", "group-" + i / 100);
    last = undefined;
  }
  last = new Thing("thing-" + i, {
    label: "thing " + i, size: i, enabled: true, tags: ["a", "b", "c"], nested: { one: 1, two: { three: "four" } },
    neighbour: last ? last.serial : "none",
  }, { parent: group });
}
group?.registerOutputs({});
exports.count = count;
`;

interface Phase extends Usage {
  seconds: number;
  /** Seconds from the start to the program's first registration, and from the last step to the end. */
  startSeconds: number;
  endSeconds: number;
}

interface Measured {
  resources: number;
  up: Phase;
  noOp: Phase;
}

async function runEngine(folder: string, resources: number): Promise<Phase> {
  const [node = "", ...engine] = [...programCommand(join(checkout, "lab/engine/main.ts")), "up", "--json"];
  const where = ["-s", "bench", "-C", folder, "--plugin-dir", join(checkout, "bench/plugin")];
  const started = Date.now();
  const child = spawn(node, [...engine, ...where], {
    cwd: checkout,
    stdio: ["ignore", "pipe", "inherit"],
    env: {
      ...process.env,
      BENCH_RESOURCES: String(resources),
      PULUMI_BACKEND_URL: `file://${folder}`,
      PULUMI_CONFIG_PASSPHRASE: "bench",
    },
  });
  const tree = new ProcessTree(child.pid!);
  const timer = setTimeout(() => child.kill("SIGTERM"), DEADLINE_SECONDS * 1000);
  let first: number | undefined;
  let last = started;
  let tail = "";
  child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
    if (chunk.includes("resourcePre")) first ??= Date.now();
    if (chunk.includes("resourceOutputs")) last = Date.now();
    tail = (tail + chunk).slice(-2000);
  });
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once("error", reject).once("close", resolve);
  });
  clearTimeout(timer);
  const ended = Date.now();
  const usage = tree.stop();
  if (code !== 0) throw new Error(`up of ${resources} resources failed with ${code}: ${tail}`);
  return {
    ...usage,
    seconds: (ended - started) / 1000,
    startSeconds: ((first ?? ended) - started) / 1000,
    endSeconds: (ended - last) / 1000,
  };
}

async function measure(resources: number): Promise<Measured> {
  const folder = mkdtempSync(join(tmpdir(), "opennebula-scaleway-bench-"));
  try {
    writeFileSync(
      join(folder, "Pulumi.yaml"),
      "name: bench\nmain: index.js\nruntime: {name: nodejs, options: {typescript: false}}\n",
    );
    writeFileSync(join(folder, "package.json"), '{"name":"bench","private":true}\n');
    writeFileSync(join(folder, "index.js"), PROGRAM);
    symlinkSync(join(checkout, "node_modules"), join(folder, "node_modules"));
    const up = await runEngine(folder, resources);
    const state = JSON.parse(readFileSync(join(folder, ".pulumi/stacks/bench/bench.json"), "utf8")) as {
      checkpoint: { latest: { resources: unknown[] } };
    };
    // The stack, the default provider, and a component for every hundred.
    const expected = resources + 2 + Math.ceil(resources / 100);
    const { length } = state.checkpoint.latest.resources;
    if (length !== expected) throw new Error(`the state holds ${length} resources instead of ${expected}`);
    return { resources, up, noOp: await runEngine(folder, resources) };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** How the engine does with a program of many resources whose provider answers at once. @param note - told what is being measured */
export async function engineRows(sizes: number[], note: (text: string) => void): Promise<Row[]> {
  const measured: Measured[] = [];
  for (const resources of sizes) {
    note(`engine, ${resources} resources`);
    measured.push(await measure(resources));
  }
  const rows = measured.flatMap(({ resources, up, noOp }) => {
    const isGoal = resources === GOAL.resources;
    const phases: [string, Phase, number][] = [
      ["up", up, GOAL.upSeconds],
      ["up without changes", noOp, GOAL.noOpSeconds],
    ];
    return phases.flatMap(([name, phase, goal]) => {
      const what = `engine, ${name} of ${resources}`;
      const middle = phase.seconds - phase.startSeconds - phase.endSeconds;
      return [
        row(what, phase.seconds, "s", isGoal ? { atMost: goal } : undefined),
        row(`${what}: start of engine and program`, phase.startSeconds, "s"),
        row(`${what}: registrations and steps`, middle, "s"),
        row(`${what}: state written, processes ended`, phase.endSeconds, "s"),
        row(`${what}: processor time`, phase.cpuSeconds, "s"),
        row(`${what}: memory`, phase.peakMegabytes, "MB"),
      ];
    });
  });
  return [...rows, ...growth(measured)];
}

/** How time grows from the second largest program to the largest, against the number of resources. */
function growth(measured: Measured[]): Row[] {
  const [smaller, larger] = [...measured].sort((a, b) => a.resources - b.resources).slice(-2);
  if (smaller === undefined || larger === undefined) return [];
  const factor = larger.resources / smaller.resources;
  const span = `${smaller.resources} to ${larger.resources} resources (1: linear)`;
  return (["up", "noOp"] as const).map((phase) =>
    row(
      `engine, ${phase === "up" ? "up" : "up without changes"}: growth, ${span}`,
      larger[phase].seconds / smaller[phase].seconds / factor,
      "ratio",
      { atMost: LINEAR },
    ),
  );
}
