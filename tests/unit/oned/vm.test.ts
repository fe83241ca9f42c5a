// SPDX-License-Identifier: Apache-2.0

import { lcmNumber } from "../../../lab/opennebula/oned/vm/states";
import type { Cloud } from "./cloud";
import { ADMIN, closeClouds, cloudWithVm, recorded, startCloud } from "./cloud";
import { field, rpc } from "./rpc";

afterEach(closeClouds);

type Request = [method: string, ...params: (string | number | boolean)[]];

const RUNNING = "3/3";
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
      ["vmm save h1", "vnm clean h1", "tm migrate h2", "vnm pre h2", "vmm restore h2", "vnm post h2"],
      RUNNING,
    ],
    [
      "migration of a VM that is off",
      [["vm.action", "poweroff", 0]],
      ["vm.migrate", 0, 1, false, false, -1, 0],
      ["tm migrate h2"],
      "8/0",
    ],
    ["resize", [], ["vm.resize", 0, 'CPU="2"', false], ["vmm resize h1"], RUNNING],
    ["disk resize", [], ["vm.diskresize", 0, 0, "200"], ["tm resize h1", "vmm resize_disk h1"], RUNNING],
    ["attach", [], ["vm.attach", 0, 'DISK=[TYPE="fs",SIZE="10"]'], ["tm attach h1", "vmm attach_disk h1"], RUNNING],
    ["detach", [], ["vm.detach", 0, 0], ["vmm detach_disk h1", "tm detach h1"], RUNNING],
    ["save as", [], ["vm.disksaveas", 0, 0, "copy", "", -1], ["image mkfs", "tm saveas h1"], RUNNING],
    ["delete", [], ["vm.recover", 0, 3], ["vmm cancel h1", "vnm clean h1", "tm epilog_delete h1"], "6/0"],
  ];

  test.each(cases)("%s", async (_name, before, request, calls, end) => {
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
    { request: cold, fails: "tm migrate h2", state: lcm("PROLOG_MIGRATE_FAILURE") },
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

describe("who may, and how much", () => {
  const userCloud = async (): Promise<{ cloud: Cloud; session: string }> => {
    const cloud = await cloudWithVm();
    await cloud.call("user.allocate", "eve", "secret", "");
    await cloud.call("image.chmod", 0, -1, -1, -1, -1, -1, -1, 1, -1, -1);
    return { cloud, session: "eve:secret" };
  };

  const denied: [name: string, request: Request, reason: RegExp][] = [
    ["info", ["vm.info", 0, false], /^512 .*USE VM \[0\]/],
    ["action", ["vm.action", "poweroff", 0], /^512 .*MANAGE VM \[0\]/],
    ["deploy", ["vm.deploy", 0, 0, false, 0, ""], /^512 .*ADMIN VM \[0\]/],
    ["attach", ["vm.attach", 0, 'DISK=[TYPE="fs",SIZE="1"]'], /^512 .*MANAGE VM \[0\]/],
    ["snapshot", ["vm.snapshotcreate", 0, "s"], /^512 .*MANAGE VM \[0\]/],
    ["image", ["image.persistent", 0, true], /^512 .*MANAGE IMAGE \[0\]/],
    [
      "restricted attribute",
      ["vm.allocate", 'CPU="1" MEMORY="1" RAW=[DATA="x"]', true],
      /^512 .*restricted attribute DATA/,
    ],
  ];

  test.each(denied)("%s is refused to others", async (_name, [method, ...params], reason) => {
    const { cloud, session } = await userCloud();
    await expect(cloud.as(session, method, ...params)).rejects.toThrow(reason);
  });

  test("limits of user and group, and what is used", async () => {
    const { cloud, session } = await userCloud();
    const allocate = (memory: number): Promise<string> =>
      cloud.as(session, "vm.allocate", `NAME="v" CPU="0.5" MEMORY="${memory}" DISK=[IMAGE_ID="0"]`, true);
    await cloud.call("user.quota", 2, 'VM=[VMS="2",MEMORY="200"]');
    await cloud.call("group.quota", 1, 'IMAGE=[ID="0",RVMS="1"]');
    const id = Number(await allocate(100));
    await expect(allocate(150)).rejects.toThrow(
      "512 [one.vm.allocate] User [2] : user [2] limit of 200 reached for MEMORY",
    );
    await expect(allocate(10)).rejects.toThrow("group [1] limit of 1 reached for RVMS quota in IMAGE with ID: 0.");
    const used = async (): Promise<(string | undefined)[]> => {
      const text = await cloud.call("user.info", 2, false);
      return ["CPU_USED", "MEMORY_USED", "RUNNING_VMS_USED", "SYSTEM_DISK_SIZE_USED"].map((name) => field(text, name));
    };
    expect(await used()).toEqual(["0.50", "100", "1", "100"]);
    await cloud.call("vm.deploy", id, 0, false, 0, "");
    await cloud.oned.settle();
    await cloud.as(session, "vm.action", "poweroff", id);
    await cloud.oned.settle();
    expect(await used()).toEqual(["0.50", "100", "0", "100"]);
    await cloud.as(session, "vm.action", "terminate", id);
    await cloud.oned.settle();
    expect(await used()).toEqual(["0", "0", "0", "0"]);
  });

  test("of many calls for a persistent image one gets it", async () => {
    const cloud = await cloudWithVm(false);
    await cloud.call("vm.action", "terminate", 0);
    await cloud.call("image.persistent", 0, true);
    const calls = Array.from({ length: 12 }, (_, index) =>
      cloud.call("vm.allocate", `NAME="v${index}" CPU="1" MEMORY="1" DISK=[IMAGE_ID="0"]`, true),
    );
    const done = (await Promise.allSettled(calls)).filter((outcome) => outcome.status === "fulfilled");
    expect(done).toHaveLength(1);
    const pool = await cloud.call("vmpool.info", -2, -1, -1, -1);
    expect(pool.match(/<VM>/g)).toHaveLength(1);
    expect(field(await cloud.call("image.info", 0, false), "RUNNING_VMS")).toBe("1");
  });
});

describe("what is found on hosts", () => {
  test("VMs of a lost host are unknown until it is back, and off when they are gone", async () => {
    const cloud = await cloudWithVm();
    let lost = true;
    await closeClouds();
    const { store } = cloud;
    const prober = () => (lost ? Promise.reject(new Error("no route")) : undefined);
    const drivers = recorded();
    const again = await startCloud({ store, drivers, prober: (host) => prober() ?? dummy(host) });
    await again.oned.monitorHosts();
    expect(await again.state(0)).toBe(`3/${lcmNumber("UNKNOWN")}`);
    lost = false;
    await again.oned.monitorHosts();
    expect(await again.state(0)).toBe(RUNNING);
    expect(field(await again.info(0), "MONITORING")).toBeDefined();
    const host = drivers.host("dummy");
    if (host !== undefined) host.poll = async () => [];
    await again.oned.monitorHosts();
    expect(await again.state(0)).toBe("8/0");
  });

  const dummy: NonNullable<Parameters<typeof startCloud>[0]>["prober"] & object = (host) =>
    Promise.resolve({
      capacity: { totalCpu: 800, usedCpu: 0, totalMemory: 16777216, usedMemory: 0, maxDisk: 1, freeDisk: 1 },
      ...{ netrx: 0, nettx: 0, attributes: { HOSTNAME: host.name } },
    });
});

describe("the scheduler", () => {
  const cases: [requirement: string, host: string | undefined][] = [
    ["", "h2"],
    ['NAME="h1"', "h1"],
    ['ID="1"', "h2"],
    ["CLUSTER_ID = 0", "h2"],
    ['NAME="h1" & CLUSTER_ID="7"', undefined],
    ['NAME="elsewhere"', undefined],
    ["NAME ~ what", undefined],
  ];

  test.each(cases)("SCHED_REQUIREMENTS=%s places on %s", async (requirement, host) => {
    const cloud = await cloudWithVm();
    const quoted = requirement.replaceAll('"', '\\"');
    const text = `NAME="w" CPU="1" MEMORY="64" SCHED_REQUIREMENTS="${quoted}"`;
    const id = Number(await cloud.call("vm.allocate", text, false));
    await cloud.oned.settle();
    const info = await cloud.info(id);
    expect([field(info, "STATE"), field(info, "HOSTNAME")]).toEqual(
      host === undefined ? ["1", undefined] : ["3", host],
    );
  });

  test("a VM that fits nowhere waits until there is room", async () => {
    const cloud = await cloudWithVm();
    for (const name of ["a", "b"]) await cloud.call("vm.allocate", `NAME="${name}" CPU="7" MEMORY="64"`, false);
    await cloud.oned.settle();
    const id = Number(await cloud.call("vm.allocate", 'NAME="c" CPU="7" MEMORY="64"', false));
    await cloud.oned.settle();
    expect(await cloud.state(id)).toBe("1/0");
    await cloud.call("vm.action", "terminate-hard", 1);
    await cloud.oned.settle();
    expect(await cloud.state(id)).toBe(RUNNING);
  });
});

describe("planned actions", () => {
  test("an action is done when its time has come, and a repeated one is planned again", async () => {
    let now = Math.floor(Date.now() / 1000);
    const first = await cloudWithVm();
    await closeClouds();
    const cloud = await startCloud({ store: first.store, clock: () => now });
    await cloud.call("vm.schedadd", 0, 'SCHED_ACTION=[ACTION="poweroff",TIME="+60"]');
    await cloud.call("vm.schedadd", 0, 'SCHED_ACTION=[ACTION="resume",TIME="+120",REPEAT="3",DAYS="24",END_TYPE="0"]');
    await cloud.oned.settle();
    expect(await cloud.state(0)).toBe(RUNNING);
    now += 61;
    await cloud.oned.settle();
    expect(await cloud.state(0)).toBe("8/0");
    now += 61;
    await cloud.oned.settle();
    expect(await cloud.state(0)).toBe(RUNNING);
    const times = [...(await cloud.info(0)).matchAll(/<SCHED_ACTION>.*?<TIME>(\d+)/g)].map(
      (match) => Number(match[1]) - now,
    );
    expect(times[0]).toBeLessThan(0);
    expect(times[1]).toBe(24 * 3600 - 2);
  });

  test("a backup job backs its VMs up one after the other", async () => {
    let now = Math.floor(Date.now() / 1000);
    const first = await cloudWithVm();
    await closeClouds();
    const cloud = await startCloud({ store: first.store, clock: () => now });
    await cloud.call(
      "datastore.allocate",
      'NAME="bk" TYPE="BACKUP_DS" DS_MAD="rsync" TM_MAD="-" RSYNC_HOST="x" RSYNC_USER="y"',
      0,
    );
    await cloud.oned.settle();
    await cloud.call("backupjob.allocate", 'NAME="nightly" BACKUP_VMS="0,7" DATASTORE_ID="100"');
    await cloud.call("backupjob.backup", 0);
    now += 10;
    await cloud.oned.settle();
    const job = await cloud.call("backupjob.info", 0, false);
    expect([/<UPDATED_VMS>(.*?)<\/UPDATED/.exec(job)?.[1], /<ERROR_VMS>(.*?)<\/ERROR/.exec(job)?.[1]]).toEqual([
      "<ID>0</ID>",
      "<ID>7</ID>",
    ]);
    const image = await rpc(cloud.oned.port, "one.image.info", [ADMIN, 1, false]);
    expect([field(image, "TYPE"), field(image, "SIZE"), field(image, "SOURCE")]).toEqual([
      "6",
      "100",
      "dummy-backup-id",
    ]);
  });
});
