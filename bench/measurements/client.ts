// SPDX-License-Identifier: Apache-2.0
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { XMLParser } from "fast-xml-parser";
import { OneClient, OpenNebula } from "../../opennebula";
import { decodeValue } from "../../opennebula/rpc/decode";
import { textOfEnvelope } from "../../opennebula/rpc/envelope";
import { encodeCall } from "../../opennebula/rpc/encode";
import { row, type Row } from "../rows";
import { startPool, type PoolServer } from "./vm-pool";

const VMS = 1000;
const MANY = 10_000;
const ROUNDS = 15;
/** Of the time of the obvious way. */
const AT_MOST = 0.35;
/** Megabytes that ten thousand VMs may hold when they are taken page by page. */
const PAGED_MEGABYTES = 16;

/** Reads a pool of a thousand VMs from a local socket in three ways, turn by turn, and ten thousand VMs in pages. */
export async function clientRows(note: (text: string) => void): Promise<Row[]> {
  note(`client: ${VMS} VMs, ${ROUNDS} times in each way`);
  const server = await startPool();
  try {
    // First the memory, which nothing else has used yet.
    const held = await memory(server);
    return [...(await speed(server)), ...held];
  } finally {
    await server.close();
  }
}

async function speed(server: PoolServer): Promise<Row[]> {
  const settings = { endpoint: server.endpoint(VMS), username: "bench", password: "unused" };
  const client = new OneClient(settings);
  const one = new OpenNebula(client);
  const query = encodeCall("one.vmpool.info", ["bench:unused", -2, 0, -VMS - 1, -1]);
  const fetched = async (): Promise<Buffer> => client.post("one.vmpool.info", query);
  const ways = {
    typed: async () => one.vms.list({ pageSize: VMS + 1 }),
    parsed: async () => new XMLParser().parse(textOfEnvelope(await fetched()) ?? "") as object,
    fetched,
    deserialized: async () => decodeValue("one.vmpool.info", await fetched()),
  };
  const times = await turnByTurn(ways);
  const size = (await fetched()).length / 1e6;
  const title = `oned client: ${VMS} VMs (${size.toFixed(1)} MB)`;
  return [
    row(`${title}: fetched`, times.fetched, "ms"),
    row(`${title}: fetched, envelope by xmlrpc's deserializer`, times.deserialized, "ms"),
    row(`${title}: fetched, inner XML by fast-xml-parser`, times.parsed, "ms"),
    row(`${title}: fetched, typed objects`, times.typed, "ms"),
    row(`${title}: typed objects in the time of fast-xml-parser`, times.typed / times.parsed, "x", { atMost: AT_MOST }),
  ];
}

/** The best of all rounds in milliseconds, which is what the machine takes when nothing else disturbs. */
async function turnByTurn<Name extends string>(
  ways: Record<Name, () => Promise<unknown>>,
): Promise<Record<Name, number>> {
  const names = Object.keys(ways) as Name[];
  const times = new Map<Name, number[]>(names.map((name) => [name, []]));
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const name of names) {
      const start = performance.now();
      await ways[name]();
      times.get(name)?.push(performance.now() - start);
    }
  }
  const best = names.map((name) => [name, Math.min(...(times.get(name) ?? []))] as const);
  return Object.fromEntries(best) as Record<Name, number>;
}

async function memory(server: PoolServer): Promise<Row[]> {
  const one = new OpenNebula({ endpoint: server.endpoint(MANY), username: "bench", password: "unused" });
  // The first call loads and compiles what every call uses.
  await one.vms.findByName("vm-0");
  const before = live();
  let most = 0;
  let seen = 0;
  for await (const page of one.vms.pages()) {
    most = Math.max(most, live() - before);
    // After the measuring, or the page would be gone already.
    seen += page.length;
  }
  if (seen !== MANY) throw new Error(`the pages hold ${seen} VMs instead of ${MANY}`);
  const all = await one.vms.list();
  const whole = live() - before;
  const title = `oned client: memory that ${all.length} VMs hold`;
  return [row(`${title} page by page`, most, "MB", { atMost: PAGED_MEGABYTES }), row(`${title} at once`, whole, "MB")];
}

/** Megabytes in use after a collection. */
function live(): number {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  for (let round = 0; round < 3; round += 1) collect();
  const { heapUsed, external } = process.memoryUsage();
  return (heapUsed + external) / 1e6;
}
