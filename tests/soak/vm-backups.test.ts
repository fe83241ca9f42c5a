// SPDX-License-Identifier: Apache-2.0
// `npm run test:soak`: backups of a VM's disks, the whole way: OpenNebula's job writes to the backup host, that copies on to the object
// storage, and the VM comes back from it, in its place and as a new one.
import { ports } from "../../lab/hosts/layout";
import { IMAGE_PATH } from "../../lab/opennebula/image";
import { setInCloud } from "../../lab/stack-file";
import type { BackupOutcome } from "../../operations/backup/backup";
import type { VmRestoreReport } from "../../operations/backup/vms";
import { CloudUnderTest, describeAsRoot } from "../helpers/e2e";
import { eventually } from "../helpers/eventually";

/** What the disk of the VM holds; the rest of it is empty. */
const CONTENT = "content-of-the-disk";
const OTHER = "what-came-after-the";

interface Vm {
  STATE: string;
  LCM_STATE: string;
  USER_TEMPLATE: { ERROR?: string };
}

describeAsRoot("backups of VMs", () => {
  const cloud = new CloudUnderTest(`soak-vms-${process.pid}`);
  const { lab } = cloud;
  const as = (...argv: string[]): Promise<string> =>
    lab.exec("fe", ["runuser", "-u", "oneadmin", "--", ...argv], { timeoutSeconds: 120 });
  const stateOf = async (vm: string): Promise<string> => {
    const { VM } = JSON.parse(await as("onevm", "show", vm, "--json")) as { VM: Vm };
    if (VM.USER_TEMPLATE.ERROR !== undefined) throw new Error(`VM ${vm}: ${VM.USER_TEMPLATE.ERROR}`);
    return VM.STATE === "3" ? VM.LCM_STATE : `state ${VM.STATE}`;
  };
  const RUNNING = "3";
  const OFF = "state 8";
  const becomes = (vm: string, state: string): Promise<true> =>
    eventually(async () => (await stateOf(vm)) === state, { what: `VM ${vm} is ${state}`, seconds: 120 });
  /** A disk of a VM as its host has it; the first one is what it boots from. */
  const disk = (vm: string): string => `/var/lib/one/datastores/0/${vm}/disk.1`;
  const written = (vm: string, host = "fe"): Promise<string> =>
    lab.exec(host, ["head", "--bytes", String(CONTENT.length), disk(vm)]);
  const write = (vm: string, text: string): Promise<string> =>
    lab.exec("fe", ["dd", `of=${disk(vm)}`, "conv=notrunc", "status=none"], { input: text });
  const json = async <T>(...words: string[]): Promise<T> =>
    JSON.parse((await cloud.succeed([...words, "--json"], { timeoutSeconds: 300 })).stdout) as T;
  let vm = "";

  beforeAll(async () => {
    lab.create();
    setInCloud(lab.stackFile, ["backups", "vms"], { host: "host01" });
    await cloud.succeed([], { timeoutSeconds: 1200 });
    cloud.isUp = true;
  }, 1_220_000);
  afterAll(() => cloud.end(), 180_000);

  test("a VM runs with a disk of its own, and the stack file names its job", async () => {
    const url = `http://203.0.113.1:${ports.repository}/${IMAGE_PATH}`;
    await as("oneimage", "create", "--name", "small", "--path", url, "-d", "default");
    const isReady = async (): Promise<boolean> => (await as("oneimage", "list")).match(/small.*rdy/) !== null;
    await eventually(isReady, { what: "the image is ready" });
    const template = [
      ...['NAME = "web"', 'CPU = "0.1"', 'MEMORY = "128"', 'SCHED_REQUIREMENTS = "NAME = \\"fe\\""'],
      ...['DISK = [ IMAGE = "small", DEV_PREFIX = "vd" ]', 'DISK = [ IMAGE = "data", DEV_PREFIX = "vd" ]'],
    ].join("\n");
    await as("oneimage", "create", "--name", "data", "--type", "DATABLOCK", "--size", "8", "--format", "raw");
    await eventually(async () => (await as("oneimage", "list")).match(/data.*rdy/) !== null, {
      what: "the disk is made",
    });
    const made = await lab.exec("fe", ["runuser", "-u", "oneadmin", "--", "onevm", "create", "-"], { input: template });
    vm = /\d+/.exec(made)![0];
    await becomes(vm, RUNNING);
    expect(await as("onevm", "list")).toMatch(/web.*runn.*fe/);
    await write(vm, CONTENT);
    setInCloud(lab.stackFile, ["backups", "vms", "jobs"], { nightly: { vms: ["web"], freeze: "none" } });
    const { output } = await cloud.succeed(["up"], { timeoutSeconds: 300 });
    expect(output).toMatch(/1 created, 0 updated, 0 deleted/);
  }, 600_000);

  test("its job stores, the backup host copies on, and the copy is proven", async () => {
    const done = await json<BackupOutcome[]>("backup", "run");
    expect(done.filter(({ kind }) => kind === "vms")).toMatchObject([{ host: "host01", ok: true }]);
    const listed = await json<{ kind?: string; host?: string; vm?: number; name?: string }[]>("backup", "list");
    expect(listed).toContainEqual(expect.objectContaining({ kind: "vms", host: "host01" }));
    expect(listed).toContainEqual(expect.objectContaining({ vm: Number(vm), name: "web" }));
    const proven = await json<BackupOutcome[]>("backup", "verify", "--restore");
    expect(proven).toContainEqual(expect.objectContaining({ host: "host01", kind: "vms", ok: true }));
    console.log(
      proven.map(({ host, kind, seconds }) => `${host} ${kind}: proven in ${seconds.toFixed(1)} s`).join("\n"),
    );
    const metrics = await lab.exec("host01", ["sh", "-c", "cat /var/lib/prometheus/node-exporter/*backup_vm*.prom"]);
    expect(metrics).toMatch(new RegExp(`vm_newest_timestamp_seconds\\{vm="${vm}"\\} \\d{10}`));
    expect(metrics).toMatch(/verified_timestamp_seconds\{kind="vms"\} \d{10}/);
  }, 600_000);

  test("gets its disks back in its place", async () => {
    await as("onevm", "poweroff", "--hard", vm);
    await becomes(vm, OFF);
    await write(vm, OTHER);
    expect(await written(vm)).toBe(OTHER);
    const { seconds } = await json<VmRestoreReport>("restore", "vm", "web", "--in-place");
    console.log(`recovery time of a VM's disks: ${seconds.toFixed(1)} s`);
    expect(await written(vm)).toBe(CONTENT);
    await as("onevm", "resume", vm);
    await becomes(vm, RUNNING);
  }, 300_000);

  test("a copy that somebody has hidden is missed", async () => {
    const settings = "/etc/opennebula-backup/settings.json";
    const program = "/usr/local/lib/opennebula-backup/backup.cjs";
    const copies = await lab.exec("host01", ["/usr/bin/node", program, "list-vms", "--settings", settings]);
    const ids = (JSON.parse(copies) as { short_id: string }[]).map(({ short_id: id }) => id);
    expect(ids.length).toBeGreaterThan(0);
    const forget = ["/usr/bin/node", program, "forget-vms", "--settings", settings];
    await lab.exec("host01", forget, { input: ids.join("\n"), timeoutSeconds: 120 });
    const { code, output } = await cloud.cli(["backup", "verify", "--restore"]);
    expect(code).toBe(1);
    expect(output).toMatch(new RegExp(`host01 vms: FAILED: .*missing in the bucket or changed: of VM ${vm}`));
    // What the host still has is copied anew, and the proof holds again.
    await cloud.succeed(["backup", "run", "vms"]);
    await cloud.succeed(["backup", "verify", "--restore"]);
  }, 300_000);

  test("comes back as a new VM when it is gone", async () => {
    await as("onevm", "terminate", "--hard", vm);
    await becomes(vm, "state 6");
    const { template, images } = await json<VmRestoreReport>("restore", "vm", vm, "--datastore", "default");
    expect(images).toHaveLength(2);
    const again = /\d+/.exec(await as("onetemplate", "instantiate", String(template), "--name", "again"))![0];
    await becomes(again, RUNNING);
    const host = /again +runn +(\S+)/.exec(await as("onevm", "list"))![1];
    expect(await written(again, host)).toBe(CONTENT);
  }, 300_000);
});
