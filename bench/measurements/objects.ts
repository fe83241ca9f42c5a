// SPDX-License-Identifier: Apache-2.0
import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { checkout } from "../../lab/hosts/layout";
import { OneClient } from "../../opennebula";
import { memoryStore, startOned } from "../../lab/opennebula/oned/index";
import { BenchProject, type Phase } from "../project";
import { row, type Row } from "../rows";

const OBJECTS = 200;

/** Seconds, and seconds of the processor of all that runs, on a machine with two cores that others use too. */
const GOALS = { up: { seconds: 30, cpu: 10 }, unchanged: { seconds: 15, cpu: 5 } } as const;

/** Objects of the kinds that a cloud has most of, each a fifth. */
const PROGRAM = `
const pulumi = require("@pulumi/pulumi");
const { BENCH_ENDPOINT: endpoint, BENCH_PASSWORD: password, BENCH_OBJECTS: objects } = process.env;
const provider = new pulumi.ProviderResource("opennebula", "oned", {
  endpoint, username: "oneadmin", password: pulumi.secret(password),
});
class Thing extends pulumi.CustomResource {
  constructor(kind, name, args) { super("opennebula:index:" + kind, name, args, { provider }); }
}
for (let i = 0; i < objects / 5; i++) {
  const name = "object-" + i;
  new Thing("Group", name, { name });
  new Thing("VmTemplate", name, { name, cpu: 0.5, memory: 128, context: { NETWORK: "YES" } });
  new Thing("VirtualNetwork", name, { name, vnMad: "dummy", bridge: "br0", guestMtu: 1400, dns: ["10.0.0.1"] });
  new Thing("SecurityGroup", name, { name, rules: [{ protocol: "TCP", direction: "inbound", ports: "22,443" }] });
  new Thing("Image", name, { name, datastore: "images", type: "DATABLOCK", size: 8 });
}
`;

/**
 * Objects inside OpenNebula through engine and provider, against the stand-in oned in memory.
 *
 * @param note - told what is being measured
 */
export async function objectRows(note: (text: string) => void): Promise<Row[]> {
  note(`provider, ${OBJECTS} objects`);
  const password = randomBytes(12).toString("hex");
  const oned = await startOned({ store: memoryStore(), port: 0, oneAuth: `oneadmin:${password}`, monitorInterval: 0 });
  const endpoint = `http://127.0.0.1:${oned.port}/RPC2`;
  const environment = { BENCH_ENDPOINT: endpoint, BENCH_PASSWORD: password, BENCH_OBJECTS: String(OBJECTS) };
  const project = new BenchProject(PROGRAM, environment, join(checkout, "provider"));
  try {
    const client = new OneClient({ endpoint, username: "oneadmin", password });
    await client.call("one.datastore.allocate", ['NAME = "images"\nDS_MAD = "dummy"\nTM_MAD = "dummy"', -1]);
    const up = await project.up();
    // The stack and the provider.
    project.expectResources(OBJECTS + 2);
    return [...rows("up", up, GOALS.up), ...rows("up without changes", await project.up(), GOALS.unchanged)];
  } finally {
    project.remove();
    await oned.close();
  }
}

const rows = (name: string, phase: Phase, goal: { seconds: number; cpu: number }): Row[] => [
  row(`objects inside OpenNebula, ${name} of ${OBJECTS}`, phase.seconds, "s", { atMost: goal.seconds }),
  row(`objects inside OpenNebula, ${name} of ${OBJECTS}: processor time`, phase.cpuSeconds, "s", {
    atMost: goal.cpu,
  }),
];
