// SPDX-License-Identifier: Apache-2.0
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { planVmJobs } from "../../../components/backup/plan";
import { backUp } from "../../../onhost/backup/src/backup";
import { copiesIn, repositoriesOf, vmAges } from "../../../onhost/backup/src/vms";
import { Repository, type ResticSnapshot } from "../../../onhost/backup/src/repository";
import { restore, type RestoreReport } from "../../../onhost/backup/src/restore";
import type { Settings } from "../../../onhost/backup/src/settings";
import { restic, storageCall, type Ended } from "../../helpers/object-storage";
import { BackupWorld } from "./world";

jest.setTimeout(120_000);

test("a job runs every day at its time, from a Sunday in the past", () => {
  const { nightly } = planVmJobs({ host: "host01", jobs: { nightly: { vms: ["web", "12"], at: "01:05" } } });
  expect(nightly).toMatchObject({ vms: ["12", "web"], fsFreeze: "SUSPEND" });
  const first = new Date(nightly!.firstTime * 1000);
  expect([first.getUTCDay(), first.toISOString().slice(11, 16)]).toEqual([0, "01:05"]);
  expect(first.getTime()).toBeLessThan(Date.now());
});

test("the age of a VM's backups is that of the newest snapshot with its tag", () => {
  const at = (time: string, ...tags: string[]) => ({ time, tags, tree: time });
  const found = copiesIn([
    at("2026-01-02T00:00:00Z", "one-7"),
    at("2026-01-01T00:00:00Z", "one-7"),
    at("2026-01-03T00:00:00Z", "one-12", "other"),
    at("2026-01-04T00:00:00Z", "database"),
    at("2099-01-01T00:00:00Z", "one-7"),
  ]);
  expect(vmAges(found)).toEqual({ 7: Date.UTC(2026, 0, 2) / 1000, 12: Date.UTC(2026, 0, 3) / 1000 });
});

test("repositories are what restic has made below a datastore, whatever else is there", () => {
  const folder = mkdtempSync(join(tmpdir(), "vm-backups-"));
  try {
    for (const one of ["100/7/keys", "100/job_3/keys", "0/12", "100/8"])
      mkdirSync(join(folder, one), { recursive: true });
    for (const one of ["100/7/config", "100/job_3/config", "0/12/disk.0"]) writeFileSync(join(folder, one), "");
    const settings = { datastores: folder, repository: "r", password: "p", copyPassword: "c" };
    expect(repositoriesOf(settings)).toEqual([join(folder, "100/7"), join(folder, "100/job_3")]);
    expect(repositoriesOf({ ...settings, datastores: join(folder, "absent") })).toEqual([]);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

describe("copies on the object storage", () => {
  let world: BackupWorld;
  let settings: Settings;
  const storedIn = (vm: string): string => join(world.folder, "datastores", "100", vm);

  beforeEach(async () => {
    world = new BackupWorld();
    await world.start();
    mkdirSync(world.settings.stateDirectory, { recursive: true });
    await new Repository(world.settings).ensure();
    const repository = world.settings.repository.url.replace(/hosts$/, "vms");
    const datastores = join(world.folder, "datastores");
    const vms = { datastores, repository, password: "of-the-drivers", copyPassword: "of-the-copies" };
    settings = { ...world.other("host01"), vms };
  });
  afterEach(() => world.end());

  /** As OpenNebula's driver stores it. */
  const stored = async (vm: string, password: string): Promise<void> => {
    const of = { RESTIC_REPOSITORY: storedIn(vm), RESTIC_PASSWORD: password };
    mkdirSync(join(storedIn(vm), ".."), { recursive: true });
    const words = [["init"], ["backup", "--tag", `one-${vm}`, join(world.folder, "one")]];
    for (const one of existsSync(storedIn(vm)) ? words.slice(1) : words) expect((await restic(of, one)).status).toBe(0);
  };
  const onCopies = async (password: string, ...words: string[]): Promise<Ended> => {
    const { accessKey: AWS_ACCESS_KEY_ID, secretKey: AWS_SECRET_ACCESS_KEY } = world.settings.repository;
    const access = { RESTIC_REPOSITORY: settings.vms!.repository, RESTIC_PASSWORD: password };
    return restic({ ...access, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY }, words);
  };
  const proof = async (): Promise<RestoreReport> => {
    const plan = await world.plan("vms", undefined, "host01");
    return world.send(plan, (frames) => restore(settings, plan, frames, { isolated: true }));
  };
  const metrics = (name: string): string =>
    readFileSync(join(world.settings.metricsDirectory, `opennebula_scaleway_backup_${name}.prom`), "utf8");

  test("open with a password that only the backup host has; one that fails keeps no other back", async () => {
    await stored("7", "of-the-drivers");
    // Only its owner may leave a lock there; here nobody can.
    rmSync(join(storedIn("7"), "locks"), { recursive: true });
    writeFileSync(join(storedIn("7"), "locks"), "");
    await stored("6", "of-somebody-else");
    await expect(backUp(settings, "vms")).rejects.toThrow(/datastores\/100\/6: .*wrong password/);
    const opened = async (password: string): Promise<number> => (await onCopies(password, "snapshots")).status;
    expect(await opened("of-the-copies")).toBe(0);
    expect(await opened("of-the-drivers")).not.toBe(0);
    expect(await opened(world.settings.repository.password)).not.toBe(0);
    rmSync(storedIn("6"), { recursive: true });
    await backUp(settings, "vms");
    expect(metrics("vm_ages")).toMatch(/vm_newest_timestamp_seconds\{vm="7"\} \d{10}/);
  });

  test("are sealed; the proof reads them, and finds one that is gone or damaged", async () => {
    await stored("7", "of-the-drivers");
    await backUp(settings, "vms");
    expect(await world.backups()).toMatchObject([{ host: "host01", kind: "vms", isCurrent: true }]);
    expect(await proof()).toMatchObject({ items: 1, isolated: true });
    expect(metrics("vms")).toMatch(/verified_timestamp_seconds\{kind="vms"\} \d{10}/);

    const packs = (await onCopies("of-the-copies", "list", "packs")).stdout.toString().trim().split("\n");
    for (const pack of packs) {
      const { accessKey, secretKey } = world.settings.repository;
      const path = `/backups/vms/data/${pack.slice(0, 2)}/${pack}`;
      const access = { url: world.emulator.url, accessKey, secretKey };
      const { text } = await storageCall(access, "GET", path);
      expect((await storageCall(access, "PUT", path, { body: "x".repeat(text.length) })).status).toBe(200);
    }
    await expect(proof()).rejects.toThrow(/ciphertext verification failed/);

    const [{ short_id: id }] = JSON.parse(
      (await onCopies("of-the-copies", "snapshots", "--json")).stdout.toString(),
    ) as [ResticSnapshot];
    expect((await onCopies("of-the-copies", "forget", id)).status).toBe(0);
    await expect(proof()).rejects.toThrow(
      /copies that were sealed are missing in the bucket or changed: of VM 7, taken at 2/,
    );
  });
});
