// SPDX-License-Identifier: Apache-2.0

/** Limits, backup jobs, logs of hooks and costs, after oned 7.0.0's source. */
import type { Cloud, Request } from "./cloud";
import { closeClouds, cloudWithVm, startCloud } from "./cloud";
import { field } from "./rpc";

afterEach(closeClouds);

async function withEve(cloud: Cloud): Promise<Cloud> {
  await cloud.call("user.allocate", "eve", "secret", "");
  return cloud;
}

describe("limits", () => {
  const REFUSED: [what: string, request: Request, refusal: string][] = [
    ["a negative one", ["user.quota", 2, 'VM=[VMS="-5",CPU="1"]'], "quota VM = [ CPU=1,UID=2,VMS=-5 ]"],
    ["one of nothing", ["group.quota", 1, 'DATASTORE=[SIZE="1"]'], "bad format in quota DATASTORE = [ SIZE=1 ]"],
    ["of no cluster", ["user.quota", 2, 'VM=[VMS="1",CLUSTER_IDS="7"]'], "Cluster 7 does not exist"],
    ["of oneadmin", ["user.quota", 0, 'VM=[VMS="1"]'], "Cannot set quotas for oneadmin user"],
  ];

  test.each(REFUSED)("%s are refused", async (_what, [method, ...params], refusal) => {
    const { call } = await withEve(await startCloud());
    await expect(call(method, ...params)).rejects.toThrow(`2048 [one.${method}]`);
    await expect(call(method, ...params)).rejects.toThrow(refusal);
  });

  test("an entry is set as a whole, and is gone without a limit", async () => {
    const { call } = await withEve(await startCloud());
    const limits = async (): Promise<(string | undefined)[]> => {
      const info = await call("user.info", 2, false);
      return ["VMS", "CPU", "MEMORY"].map((name) => field(info, name));
    };
    await call("user.quota", 2, 'VM=[VMS="3",CPU="1.5",MEMORY="abc"]');
    expect(await limits()).toEqual(["3", "1.50", "-1"]);
    await call("user.quota", 2, 'VM=[MEMORY="64"]');
    expect(await limits()).toEqual(["-1", "-1", "64"]);
    await call("user.quota", 2, 'VM=[MEMORY="-1"]');
    expect(await call("user.info", 2, false)).toContain("<VM_QUOTA></VM_QUOTA>");
  });

  test("of some clusters hold for VMs that get there, beside those for all", async () => {
    const cloud = await withEve(await cloudWithVm(false));
    const { call, as } = cloud;
    await call("cluster.allocate", "other");
    await call("acl.addrule", "200000002", "1029400000000", "f", "400000000");
    await call("user.quota", 2, 'VM=[VMS="1",CLUSTER_IDS="100, 0"]\nVM=[VMS="5"]');
    await expect(call("user.quota", 2, 'VM=[VMS="1",CLUSTER_IDS="0"]')).rejects.toThrow(
      "2048 [one.user.quota] Quota for cluster id 0 already exists",
    );
    for (const name of ["a", "b"]) await as("eve:secret", "vm.allocate", `NAME="${name}" CPU="0.1" MEMORY="1"`, true);
    await call("vm.deploy", 1, 0, false, 0, "");
    await expect(call("vm.deploy", 2, 0, false, 0, "")).rejects.toThrow(
      "512 [one.vm.deploy] User [0] : user [2] limit of 1 reached for VMS quota in VM with ID: 0,100.",
    );
    // The scheduler leaves it waiting.
    await call("vm.action", "release", 2);
    await cloud.oned.settle();
    expect(await cloud.state(2)).toBe("1/0");
    const info = await call("user.info", 2, false);
    expect([...info.matchAll(/<VMS_USED><!\[CDATA\[(\d)/g)].map(([, used]) => used)).toEqual(["2", "1"]);
    expect(field(info, "CLUSTER_IDS")).toBe("0,100");
    await expect(call("userquota.update", 'VM=[VMS="1",CLUSTER_IDS="0"]')).rejects.toThrow(
      "2048 [one.userquota.update] CLUSTER_IDS attribute is not allowed for default VM quota",
    );
  });
});

test("a VM of a backup job is stored by it alone, and in one job", async () => {
  const { call } = await cloudWithVm();
  const job = (name: string): string => `NAME="${name}" DATASTORE_ID="1" BACKUP_VMS="0" KEEP_LAST="1"`;
  await call("backupjob.allocate", job("first"));
  await expect(call("vm.backup", 0, 7, false)).rejects.toThrow(
    "8192 [one.vm.backup] Unable to start an individual backup for the Virtual Machine, it is part of Backup Job ID 0",
  );
  await expect(call("backupjob.allocate", job("second"))).rejects.toThrow("It's already in Backup Job 0");
  await call("backupjob.allocate", 'NAME="second" DATASTORE_ID="1"');
  await expect(call("backupjob.update", 1, 'BACKUP_VMS="0"', 1)).rejects.toThrow(
    "Unable to add VM 0 to Backup Job 1. It's already in Backup Job 0",
  );
});

test("the log of hooks is oneadmin's", async () => {
  const { as } = await withEve(await startCloud());
  await expect(as("eve:secret", "hooklog.info", -1, -1, -1, 0)).rejects.toThrow(
    "512 [one.hooklog.info] User [2] not authorized to perform action on hook.",
  );
});

test("months cost by what was on a host and ran there, each month of each VM once", async () => {
  const at = (year: number, month: number, day: number): number => new Date(year, month - 1, day).getTime() / 1000;
  let now = at(2026, 1, 31);
  const cloud = await withEve(await cloudWithVm(true, { clock: () => now }));
  const { call, as } = cloud;
  now += 12 * 3600;
  await call("vm.action", "poweroff", 0);
  await cloud.oned.settle();
  now = at(2026, 2, 2);
  await expect(as("eve:secret", "vmpool.calculateshowback", -1, -1, -1, -1)).rejects.toThrow(
    "512 [one.vmpool.calculateshowback] User [2] : Action reserved for group 0 only.",
  );
  for (const _twice of [1, 2]) await call("vmpool.calculateshowback", -1, -1, -1, -1);
  const hours = async (...range: number[]): Promise<string[]> => {
    const records = await call("vmpool.showback", -2, ...range);
    const rows = records.matchAll(/<YEAR>(\d+)<.*?<MONTH>(\d+)<.*?<HOURS>(.*?)<.*?<RHOURS>(.*?)</g);
    return [...rows].map(([, ...numbers]) => numbers.join(" "));
  };
  expect(await hours(-1, -1, -1, -1)).toEqual(["2026 1 24 12", "2026 2 24 0"]);
  expect(await hours(2, 2026, -1, -1)).toEqual(["2026 2 24 0"]);
  // A year without a month is no limit.
  expect(await hours(-1, 2027, -1, -1)).toHaveLength(2);
  const stays = async (from: number, to: number): Promise<number> =>
    (await call("vmpool.accounting", -2, from, to)).split("<HISTORY>").length - 1;
  const began = at(2026, 1, 31);
  expect([await stays(-1, began), await stays(-1, began + 1), await stays(now, -1)]).toEqual([0, 1, 1]);
});
