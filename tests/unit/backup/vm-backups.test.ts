// SPDX-License-Identifier: Apache-2.0
// Backups of VMs as OpenNebula keeps them, against the stand-in oned.
import { planVmRestore, restoreVm, runVmJobs, vmBackups } from "../../../operations/backup/vms";
import { OpenNebula } from "../../../opennebula";
import { ADMIN, closeClouds, cloudWithVm, type Cloud } from "../oned/cloud";

jest.setTimeout(30_000);

let cloud: Cloud;
let oned: OpenNebula;
let work: NodeJS.Timeout;

beforeEach(async () => {
  cloud = await cloudWithVm();
  const [username = "", password = ""] = ADMIN.split(":");
  oned = new OpenNebula({ endpoint: `http://127.0.0.1:${cloud.oned.port}/RPC2`, username, password });
  await cloud.call(
    "datastore.allocate",
    'NAME="backups" TYPE="BACKUP_DS" DS_MAD="restic" TM_MAD="-" RESTIC_SFTP_SERVER="h2" RESTIC_PASSWORD="p"',
    -1,
  );
  await cloud.oned.monitorHosts();
  work = setInterval(() => void cloud.oned.settle(), 50);
});

afterEach(async () => {
  clearInterval(work);
  oned.close();
  await closeClouds();
});

const job = (vms: string): Promise<string> =>
  cloud.call("backupjob.allocate", `NAME="nightly-${vms}" BACKUP_VMS="${vms}" DATASTORE_ID="100"`);
const powerOff = async (): Promise<void> => {
  await oned.vms.action(0, "poweroff-hard");
  while ((await oned.vms.info(0)).state !== 8) await new Promise((resolve) => setTimeout(resolve, 20));
};

test("every job of the datastore runs to its end; each VM's newest backup is the one that is taken", async () => {
  await job("0");
  await cloud.call("backupjob.allocate", 'NAME="elsewhere" BACKUP_VMS="1" DATASTORE_ID="1"');
  expect(await runVmJobs(oned)).toEqual(["nightly-0"]);
  await runVmJobs(oned);
  const all = await vmBackups(oned);
  expect(all.map(({ vm, name }) => [vm, name])).toEqual([
    [0, "vm"],
    [0, "vm"],
  ]);
  const plan = await planVmRestore(oned, { vm: "vm" });
  expect(plan).toMatchObject({ backup: { image: all[1]!.image }, datastore: { name: "default" }, inPlace: false });
  const first = all[0]!.image;
  expect(await planVmRestore(oned, { vm: "0", image: first })).toMatchObject({ backup: { image: first } });
});

test("a user's job on the datastore is the user's own; a job that does not end keeps no other back", async () => {
  await job("0");
  await job("1");
  const own = (await oned.backupJobs.list()).find(({ name }) => name === "nightly-1")!;
  await oned.backupJobs.chown(own.id, { userId: 1 });
  expect(await runVmJobs(oned)).toEqual(["nightly-0"]);
  await cloud.call("backupjob.allocate", 'NAME="weekly" BACKUP_VMS="2" DATASTORE_ID="100"');
  clearInterval(work);
  await expect(runVmJobs(oned, 0)).rejects.toThrow(
    /^not after 0 s: job (weekly|nightly-0) of backups has ended; not after 0 s: job (weekly|nightly-0) of backups has ended$/,
  );
});

test("a backup that fails is named with its job, after all others", async () => {
  await job("0");
  cloud.drivers.before = (action) => {
    if (action === "tm backup h1") throw new Error("no space left on device");
  };
  await expect(runVmJobs(oned)).rejects.toThrow("VM 0 of job nightly-0 was not backed up");
  expect(await vmBackups(oned)).toEqual([]);
});

test("what cannot be restored is refused in words", async () => {
  const plan = (request: Parameters<typeof planVmRestore>[1]) => planVmRestore(oned, request);
  await expect(plan({ vm: "vm" })).rejects.toThrow("VM vm has no backup; there are none");
  await expect(plan({ vm: "absent" })).rejects.toThrow(/no VM named "absent"; one that is gone is named by its number/);
  await job("0");
  await runVmJobs(oned);
  await expect(plan({ vm: "vm", image: 77 })).rejects.toThrow(/no backup that is image 77; there are image \d+ \(/);
  await expect(plan({ vm: "vm", datastore: "absent" })).rejects.toThrow('no datastore "absent"');
  await expect(plan({ vm: "vm", inPlace: true })).rejects.toThrow("VM vm is not powered off");
});

test("digits are a VM's number, whatever another VM is called", async () => {
  await job("0");
  await runVmJobs(oned);
  await cloud.call("vm.allocate", 'NAME="0" CPU="1" MEMORY="64"', true);
  expect(await planVmRestore(oned, { vm: "0" })).toMatchObject({ backup: { vm: 0, name: "vm" } });
});

test("disks go back into a VM that is off; a restore that fails says what OpenNebula says", async () => {
  await job("0");
  await runVmJobs(oned);
  await powerOff();
  const plan = await planVmRestore(oned, { vm: "vm", inPlace: true });
  expect(await restoreVm(oned, plan)).toMatchObject({ images: [], backup: { vm: 0 } });
  expect(cloud.drivers.calls).toContain("tm restore h1");
  cloud.drivers.before = (action) => {
    if (action === "tm restore h1") throw new Error("wrong password or no key found");
  };
  await expect(restoreVm(oned, plan)).rejects.toThrow(/VM 0 could not be restored: .*wrong password/);
});

test("images and a template are made of a backup, also of a VM that is gone", async () => {
  await job("0");
  await runVmJobs(oned);
  await oned.vms.action(0, "terminate-hard");
  while ((await oned.vms.info(0)).state !== 6) await new Promise((resolve) => setTimeout(resolve, 20));
  const images = cloud.drivers.image("restic")!;
  const content = {
    vm: [{ name: "DISK", value: { DISK_ID: "0", IMAGE_ID: "0" } }],
    name: "vm",
    disks: [{ id: 0, path: "restic://100/0/abc/disk.0.0" }],
  };
  cloud.drivers.image = () => ({ ...images, restore: () => Promise.resolve(content) });
  const report = await restoreVm(oned, await planVmRestore(oned, { vm: "0" }));
  expect(report.images).toHaveLength(1);
  expect(await oned.images.info(report.images[0]!)).toMatchObject({ state: 1, datastoreName: "default" });
  expect((await oned.vmTemplates.info(report.template!)).name).toMatch(/^restored-vm-0-\d+$/);

  cloud.drivers.before = (action) => {
    if (action === "image cp") throw new Error("no such snapshot");
  };
  const again = { ...(await planVmRestore(oned, { vm: "0" })) };
  again.backup = { ...again.backup, name: "again" };
  await expect(restoreVm(oned, again)).rejects.toThrow(/image \d+ could not be made: .*no such snapshot/);
});
