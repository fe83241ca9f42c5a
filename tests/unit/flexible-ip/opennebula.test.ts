// SPDX-License-Identifier: Apache-2.0
// VMs that an oned starts, moves and ends: it runs the hooks in its own order and in its own states, and the broker asks it.
import { dummyHost } from "../../../lab/opennebula/oned/drivers-dummy";
import { dummyDrivers, memoryStore, startOned, type Oned, type VmJob } from "../../../lab/opennebula/oned";
import { OneClient } from "../../../opennebula/client";
import type { RpcParameter } from "../../../opennebula/rpc/encode";
import { LcmState, VmState } from "../../../opennebula/objects/vm-states";
import { parseXml } from "../../../opennebula/xml";
import { OnedView } from "../../../onhost/flexible-ip/src/cloud-view";
import { reconcile } from "../../../onhost/flexible-ip/src/reconcile";
import { World, type TestIp } from "./world";

let world: World;
let oned: Oned;
let client: OneClient;
let ip: TestIp;
let network: number;
let ids: Record<string, number>;
/** Steps that ran, with where the address was afterwards. */
let steps: string[];
/** Makes the hypervisor's part of an action fail. */
let broken: string | undefined;
/** Makes the network's part of an action fail before any hook. */
let silent: string | undefined;

const call = (method: string, ...parameters: RpcParameter[]) => client.callAny(method, parameters);
const settle = () => oned.settle();

async function vnm(action: string, job: VmJob): Promise<void> {
  if (action !== "pre" && action !== "post" && action !== "clean") return;
  if (silent === action) throw new Error("no connection");
  const drivers = new Set([...job.xml.matchAll(/<VN_MAD><!\[CDATA\[(\w+)/g)].map(([, driver]) => driver!));
  for (const driver of drivers) {
    const problems = await world.hookOf(action, job.host.name, job.xml, driver);
    const { status, host } = await world.look(ip);
    steps.push(`${action} ${job.host.name}: ${status}${host === undefined ? "" : ` ${host}`}`);
    if (problems.length > 0) throw new Error(problems.join("; "));
  }
}

beforeEach(async () => {
  world = await new World().start();
  ip = await world.buy();
  [steps, broken, silent] = [[], undefined, undefined];
  const host = {
    ...dummyHost,
    vnm,
    vmm: async (...[action, job]: Parameters<typeof dummyHost.vmm>) => {
      if (action === broken) throw new Error("the hypervisor refuses");
      return dummyHost.vmm(action, job);
    },
  };
  oned = await startOned({
    store: memoryStore(),
    port: 0,
    monitorInterval: 0,
    backgroundInterval: 0,
    drivers: { ...dummyDrivers, host: () => host },
  });
  const login = { endpoint: `http://127.0.0.1:${oned.port}/RPC2`, username: "oneadmin", password: "opennebula" };
  client = new OneClient(login);
  world.cloud = new OnedView(login);
  await call("one.datastore.allocate", 'NAME = "disks"\nTYPE = "SYSTEM_DS"\nTM_MAD = "dummy"', -1);
  ids = {};
  for (const name of ["host01", "host02"]) {
    ids[name] = Number(await call("one.host.allocate", name, "dummy", "dummy", -1));
  }
  await oned.monitorHosts();
  const range = `AR = [ TYPE = "IP4", IP = "${ip.address}", MAC = "${ip.mac}", SIZE = "1" ]`;
  const text = `NAME = "public"\nVN_MAD = "fw"\nBRIDGE = "pubridge"\n${range}`;
  network = Number(await call("one.vn.allocate", text, -1));
});
afterEach(async () => {
  client.close();
  await oned.close();
  await world.end();
});

async function start(nic = `NIC = [ NETWORK_ID = "${network}" ]`): Promise<number> {
  const vm = Number(await call("one.vm.allocate", `NAME = "vm"\nCPU = "0.1"\nMEMORY = "64"\n${nic}`, true));
  await call("one.vm.deploy", vm, ids.host01!, false, -1, "");
  await settle();
  return vm;
}

async function stateOf(vm: number): Promise<[number, number]> {
  const xml = parseXml("one.vm.info", String(await call("one.vm.info", vm)));
  return [xml.int("STATE", -1), xml.int("LCM_STATE", -1)];
}

test("start, live migration, power-off, resume, end: the address is where the guest is, and never before it", async () => {
  const vm = await start();
  expect(await stateOf(vm)).toEqual([VmState.Active, LcmState.Running]);
  expect(steps.splice(0)).toEqual(["pre host01: ready", "post host01: attached host01"]);

  await call("one.vm.migrate", vm, ids.host02!, true, false, -1, 0);
  await settle();
  expect(steps.splice(0)).toEqual([
    "pre host02: attached host01",
    "clean host01: attached host01",
    "post host02: attached host02",
  ]);

  await call("one.vm.action", "poweroff", vm);
  await settle();
  expect(steps.splice(0)).toEqual(["clean host02: ready"]);
  await call("one.vm.action", "resume", vm);
  await settle();
  expect(steps.splice(0)).toEqual(["pre host02: ready", "post host02: attached host02"]);
  await call("one.vm.action", "terminate", vm);
  await settle();
  expect(steps.splice(0)).toEqual(["clean host02: ready"]);
  expect(await world.orders()).toEqual(["attach 200", "attach 200", "detach 200", "attach 200", "detach 200"]);
});

test("a live migration that fails leaves the address with the guest", async () => {
  const vm = await start();
  steps = [];
  broken = "migrate";
  await call("one.vm.migrate", vm, ids.host02!, true, false, -1, 0);
  await settle();
  expect(await stateOf(vm)).toEqual([VmState.Active, LcmState.Running]);
  expect(await world.look(ip)).toEqual({ status: "attached", host: "host01" });
});

test("a start that the hook refuses fails, and oned shows the reason", async () => {
  await world.fault({ transition: "flexibleIp", outcome: "error", times: 1 });
  const vm = await start();
  expect(await stateOf(vm)).toEqual([VmState.Active, LcmState.BootFailure]);
  expect(await call("one.vm.info", vm)).toContain(`${ip.address}: Scaleway reports status error`);
});

test("an interface that is attached and detached takes its address along", async () => {
  const vm = await start("");
  expect(steps).toEqual([]);
  await call("one.vm.attachnic", vm, `NIC = [ NETWORK_ID = "${network}" ]`);
  await settle();
  expect(steps.splice(0)).toEqual(["pre host01: ready", "post host01: attached host01"]);
  await call("one.vm.detachnic", vm, 0);
  await settle();
  expect(steps).toEqual(["clean host01: ready"]);
});

test("a post that failed after a live migration, which oned ignores, is repaired by the next look", async () => {
  const vm = await start();
  silent = "post";
  await call("one.vm.migrate", vm, ids.host02!, true, false, -1, 0);
  await settle();
  expect(await stateOf(vm)).toEqual([VmState.Active, LcmState.Running]);
  expect(await world.look(ip)).toEqual({ status: "attached", host: "host01" });
  const report = await reconcile(world.parts, { before: undefined, dryRun: false, seconds: 60 });
  expect(report).toMatchObject({ ok: true, addresses: [{ action: "attach" }] });
  expect(await world.look(ip)).toEqual({ status: "attached", host: "host02" });
});
