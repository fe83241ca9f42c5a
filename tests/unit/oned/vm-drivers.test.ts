// SPDX-License-Identifier: Apache-2.0

import { lcmNumber } from "../../../lab/opennebula/oned/vm/states";
import type { Request } from "./cloud";
import { closeClouds, cloudWithVm, RUNNING, startCloud } from "./cloud";
import { field } from "./rpc";

afterEach(closeClouds);

const BOOT = ["vnm pre h1", "tm context h1", "vmm deploy h1", "vnm post h1"];

describe("what drivers are asked to do, in OpenNebula's order", () => {
  const cases: [name: string, before: Request[], request: Request, calls: string[], end: string][] = [
    ["poweroff", [], ["vm.action", "poweroff", 0], ["vmm shutdown h1", "vnm clean h1"], "8/0"],
    ["poweroff-hard", [], ["vm.action", "poweroff-hard", 0], ["vmm cancel h1", "vnm clean h1"], "8/0"],
    ["resume", [["vm.action", "poweroff", 0]], ["vm.action", "resume", 0], BOOT, RUNNING],
    ["suspend", [], ["vm.action", "suspend", 0], ["vmm save h1", "vnm clean h1"], "5/0"],
    [
      "resume from suspended",
      [["vm.action", "suspend", 0]],
      ["vm.action", "resume", 0],
      ["vnm pre h1", "vmm restore h1", "vnm post h1"],
      RUNNING,
    ],
    ["stop", [], ["vm.action", "stop", 0], ["vmm save h1", "vnm clean h1", "tm epilog_stop h1"], "4/0"],
    ["undeploy", [], ["vm.action", "undeploy", 0], ["vmm shutdown h1", "vnm clean h1", "tm epilog_stop h1"], "9/0"],
    ["terminate", [], ["vm.action", "terminate", 0], ["vmm shutdown h1", "vnm clean h1", "tm epilog h1"], "6/0"],
    ["reboot", [], ["vm.action", "reboot", 0], ["vmm reboot h1"], RUNNING],
    ["reboot-hard", [], ["vm.action", "reboot-hard", 0], ["vmm reset h1"], RUNNING],
    [
      "live migration",
      [],
      ["vm.migrate", 0, 1, true, false, -1, 0],
      ["tm premigrate h2", "vnm pre h2", "vmm migrate h1", "vnm clean h1", "vnm post h2", "tm postmigrate h2"],
      RUNNING,
    ],
    [
      "migration",
      [],
      ["vm.migrate", 0, 1, false, false, -1, 0],
      ["vmm save h1", "vnm clean h1", "tm migrate h1", "vnm pre h2", "vmm restore h2", "vnm post h2"],
      RUNNING,
    ],
    [
      "migration of a VM that is off",
      [["vm.action", "poweroff", 0]],
      ["vm.migrate", 0, 1, false, false, -1, 0],
      ["tm migrate h1"],
      "8/0",
    ],
    ["resize", [], ["vm.resize", 0, 'CPU="2"', false], ["vmm resize h1"], RUNNING],
    ["disk resize", [], ["vm.diskresize", 0, 0, "200"], ["tm resize h1", "vmm resize_disk h1"], RUNNING],
    ["attach", [], ["vm.attach", 0, 'DISK=[TYPE="fs",SIZE="10"]'], ["tm attach h1", "vmm attach_disk h1"], RUNNING],
    ["detach", [], ["vm.detach", 0, 0], ["vmm detach_disk h1", "tm detach h1"], RUNNING],
    ["save as", [], ["vm.disksaveas", 0, 0, "copy", "", -1], ["image mkfs", "tm saveas h1"], RUNNING],
    ["delete", [], ["vm.recover", 0, 3], ["vmm cancel h1", "vnm clean h1", "tm epilog_delete h1"], "6/0"],
  ];

  test.each(cases)("%s", async (_name, ...[before, request, calls, end]) => {
    const cloud = await cloudWithVm();
    for (const [method, ...params] of before) {
      await cloud.call(method, ...params);
      await cloud.oned.settle();
    }
    cloud.drivers.calls.length = 0;
    const [method, ...params] = request;
    await cloud.call(method, ...params);
    // The call is answered before any driver has done anything.
    expect(cloud.drivers.calls).toEqual([]);
    await cloud.oned.settle();
    expect({ calls: cloud.drivers.calls, state: await cloud.state(0) }).toEqual({ calls, state: end });
  });

  test("a waiting VM is deployed: its files, then its networks around its start", async () => {
    const cloud = await cloudWithVm(false);
    await cloud.call("vm.deploy", 0, 0, false, 0, "");
    expect(await cloud.state(0)).toBe(`3/${lcmNumber("PROLOG")}`);
    await cloud.oned.settle();
    expect(cloud.drivers.calls).toEqual(["tm prolog h1", ...BOOT]);
    expect(field(await cloud.info(0), "DEPLOY_ID")).toBe("h1:vm:dummy");
  });
});

describe("a driver that fails", () => {
  const lcm = (name: Parameters<typeof lcmNumber>[0]): string => `3/${lcmNumber(name)}`;
  const deploy: Request = ["vm.deploy", 0, 0, false, 0, ""];
  const migrate: Request = ["vm.migrate", 0, 1, true, false, -1, 0];
  const cold: Request = ["vm.migrate", 0, 1, false, false, -1, 0];
  const cases: { request: Request; fails: string; state: string; undone?: string[]; run?: false }[] = [
    { request: deploy, fails: "tm prolog h1", state: lcm("PROLOG_FAILURE"), run: false },
    { request: deploy, fails: "vnm pre h1", state: lcm("BOOT_FAILURE"), run: false },
    { request: deploy, fails: "vmm deploy h1", state: lcm("BOOT_FAILURE"), undone: ["vnm clean h1"], run: false },
    {
      ...{ request: deploy, fails: "vnm post h1", state: lcm("BOOT_FAILURE"), run: false },
      undone: ["vmm cancel h1", "vnm clean h1"],
    },
    { request: ["vm.action", "poweroff", 0], fails: "vmm shutdown h1", state: RUNNING },
    { request: ["vm.action", "suspend", 0], fails: "vmm save h1", state: RUNNING },
    { request: ["vm.action", "stop", 0], fails: "tm epilog_stop h1", state: lcm("EPILOG_STOP_FAILURE") },
    { request: ["vm.action", "undeploy", 0], fails: "tm epilog_stop h1", state: lcm("EPILOG_UNDEPLOY_FAILURE") },
    { request: ["vm.action", "terminate", 0], fails: "tm epilog h1", state: lcm("EPILOG_FAILURE") },
    { request: migrate, fails: "vnm pre h2", state: RUNNING },
    { request: migrate, fails: "vmm migrate h1", state: RUNNING, undone: ["vnm clean h1"] },
    { request: cold, fails: "tm migrate h1", state: lcm("PROLOG_MIGRATE_FAILURE") },
    { request: cold, fails: "vmm restore h2", state: lcm("BOOT_MIGRATE_FAILURE"), undone: ["vnm clean h2"] },
    {
      request: ["vm.attach", 0, 'DISK=[TYPE="fs",SIZE="10"]'],
      fails: "vmm attach_disk h1",
      state: RUNNING,
      undone: ["tm detach h1"],
    },
    { request: ["vm.detach", 0, 0], fails: "vmm detach_disk h1", state: RUNNING },
    { request: ["vm.resize", 0, 'MEMORY="128"', false], fails: "vmm resize h1", state: RUNNING },
    { request: ["vm.diskresize", 0, 0, "200"], fails: "tm resize h1", state: RUNNING },
    { request: ["vm.snapshotcreate", 0, "s"], fails: "vmm snapshot_create h1", state: RUNNING },
    { request: ["vm.disksnapshotcreate", 0, 0, "s"], fails: "tm snapshot_create h1", state: RUNNING },
  ];

  test.each(cases)("$fails: $request.0 $request.1", async ({ request, fails, state, undone = [], run = true }) => {
    const cloud = await cloudWithVm(run);
    const before = await cloud.info(0);
    cloud.drivers.before = (action) => {
      if (action === fails) throw new Error("the disk is full");
    };
    const [method, ...params] = request;
    await cloud.call(method, ...params);
    await cloud.oned.settle();
    const after = await cloud.info(0);
    expect(await cloud.state(0)).toBe(state);
    expect(field(after, "ERROR")).toContain("the disk is full");
    expect(cloud.drivers.calls.slice(cloud.drivers.calls.indexOf(fails) + 1)).toEqual(undone);
    // A change that leaves the VM running takes itself back.
    if (state !== RUNNING) return;
    for (const name of ["DISK", "MEMORY", "SNAPSHOT", "HOSTNAME"])
      expect(lastOf(after, name)).toEqual(lastOf(before, name));
  });

  /** The last element of a name, without the time in it. */
  const lastOf = (xml: string, name: string): string | undefined =>
    [...xml.matchAll(new RegExp(`<${name}>.*?</${name}>`, "g"))].at(-1)?.[0];

  test("an address of the network that cannot be finished on the way only leaves a line in the log", async () => {
    const cloud = await cloudWithVm();
    cloud.drivers.before = (action) => {
      if (/^vnm (clean h1|post h2)/.test(action)) throw new Error("no answer");
    };
    await cloud.call("vm.migrate", 0, 1, true, false, -1, 0);
    await cloud.oned.settle();
    expect(await cloud.state(0)).toBe(RUNNING);
    expect(lastOf(await cloud.info(0), "HOSTNAME")).toBe("<HOSTNAME>h2</HOSTNAME>");
  });

  test("what failed is tried again, or taken for done", async () => {
    const cloud = await cloudWithVm(false);
    cloud.drivers.before = (action) => {
      if (action.startsWith("vmm deploy")) throw new Error("no memory");
    };
    await cloud.call("vm.deploy", 0, 0, false, 0, "");
    await cloud.oned.settle();
    await cloud.call("vm.recover", 0, 2);
    await cloud.oned.settle();
    expect(await cloud.state(0)).toBe(`3/${lcmNumber("BOOT_FAILURE")}`);
    // The answer was lost, the VM is there: the operator says so.
    await cloud.call("vm.recover", 0, 1);
    await cloud.oned.settle();
    expect(await cloud.state(0)).toBe(RUNNING);
  });

  test("an image that cannot be copied is in error and says why", async () => {
    const cloud = await startCloud();
    await cloud.oned.settle();
    cloud.drivers.before = (action) => {
      if (action === "image cp") throw new Error("404 from the mirror");
    };
    await cloud.call("image.allocate", 'NAME="os" PATH="http://127.0.0.1/os.img"', 1);
    expect(field(await cloud.call("image.info", 0, false), "STATE")).toBe("4");
    await cloud.oned.settle();
    const image = await cloud.call("image.info", 0, false);
    expect([field(image, "STATE"), field(image, "ERROR")]).toEqual([
      "5",
      expect.stringContaining("404 from the mirror"),
    ]);
  });
});

describe("a restart in the middle", () => {
  const steps = ["tm prolog h1", "vnm pre h1", "vmm deploy h1", "vnm post h1"];

  test.each(steps)("of %s: the step is done again and the VM runs", async (hangs) => {
    const first = await cloudWithVm(false);
    let reached: () => void = () => undefined;
    const there = new Promise<void>((resolve) => (reached = resolve));
    first.drivers.before = (action) => {
      if (action !== hangs) return undefined;
      reached();
      return new Promise<void>(() => undefined);
    };
    await first.call("vm.deploy", 0, 0, false, 0, "");
    void first.oned.settle();
    await there;
    await closeClouds();
    const second = await startCloud({ store: first.store });
    await second.oned.settle();
    expect(second.drivers.calls).toContain(hangs);
    expect(await second.state(0)).toBe(RUNNING);
  });

  test("a change that cannot be stored is made again when the store is back", async () => {
    const cloud = await cloudWithVm(false);
    const write = cloud.store.write.bind(cloud.store);
    let broken = true;
    await cloud.call("vm.deploy", 0, 0, false, 0, "");
    cloud.store.write = (changes) => (broken ? Promise.reject(new Error("the database is away")) : write(changes));
    cloud.drivers.before = () => void setTimeout(() => (broken = false), 10);
    await cloud.oned.settle();
    expect(await cloud.state(0)).toBe(RUNNING);
  });
});
