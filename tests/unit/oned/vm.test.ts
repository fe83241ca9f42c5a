// SPDX-License-Identifier: Apache-2.0

import { lcmNumber } from "../../../lab/opennebula/oned/vm/states";
import type { Cloud, Request } from "./cloud";
import { ADMIN, closeClouds, cloudWithVm, recorded, RUNNING, startCloud } from "./cloud";
import { field, rpc } from "./rpc";

afterEach(closeClouds);

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

  test("a lock keeps operations from everyone, but not reading", async () => {
    const { cloud } = await userCloud();
    await cloud.call("vm.lock", 0, 4, false);
    await expect(cloud.call("vm.action", "poweroff", 0)).rejects.toThrow(
      "512 [one.vm.action] User [0] : VM is locked. [0].",
    );
    expect(field(await cloud.info(0), "LOCKED")).toBe("1");
    await cloud.call("vm.unlock", 0);
    await cloud.call("vm.lock", 0, 3, false);
    await expect(cloud.call("vm.deploy", 0, 0, false, 0, "")).rejects.toThrow("VM is locked");
    await cloud.call("vm.action", "poweroff", 0);
  });

  test("what is in use is not deleted", async () => {
    const { cloud } = await userCloud();
    await expect(cloud.call("host.delete", 0)).rejects.toThrow(
      "2048 [one.host.delete] Cannot delete host. Can not remove",
    );
    await expect(cloud.call("image.delete", 0, false)).rejects.toThrow("There are 1 VMs using it.");
    await expect(cloud.call("datastore.delete", 1)).rejects.toThrow(/cannot be deleted/);
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
    await again.call("vm.action", "poweroff", 0);
    await again.oned.settle();
    await again.oned.monitorHosts();
    expect(await again.state(0)).toBe("8/0");
    await again.call("vm.action", "resume", 0);
    await again.oned.settle();
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
