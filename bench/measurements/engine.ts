// SPDX-License-Identifier: Apache-2.0
import { join } from "node:path";
import { checkout } from "../../lab/hosts/layout";
import { BenchProject, type Phase } from "../project";
import { row, type Row } from "../rows";

/** Goals for a program of that many resources, in seconds with the start of the program, on two cores. */
const GOAL = { resources: 1000, upSeconds: 6, noOpSeconds: 4 };
/** Five times the resources may take this much more than five times as long. */
const LINEAR = 1.25;

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

interface Measured {
  resources: number;
  up: Phase;
  noOp: Phase;
}

async function measure(resources: number): Promise<Measured> {
  const project = new BenchProject(PROGRAM, { BENCH_RESOURCES: String(resources) }, join(checkout, "bench/plugin"));
  try {
    const up = await project.up();
    // The stack, the default provider, and a component for every hundred.
    project.expectResources(resources + 2 + Math.ceil(resources / 100));
    return { resources, up, noOp: await project.up() };
  } finally {
    project.remove();
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
