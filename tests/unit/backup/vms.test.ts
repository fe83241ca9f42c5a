// SPDX-License-Identifier: Apache-2.0
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { planVmJobs } from "../../../components/backup/plan";
import { backUp } from "../../../onhost/backup/src/backup";
import { repositoriesOf, vmAges } from "../../../onhost/backup/src/vms";
import { restic } from "../../helpers/object-storage";
import { BackupWorld } from "./world";

test("a job runs every day at its time, from a Sunday in the past", () => {
  const { nightly } = planVmJobs({ host: "host01", jobs: { nightly: { vms: ["web", "12"], at: "01:05" } } });
  expect(nightly).toMatchObject({ vms: ["12", "web"], fsFreeze: "SUSPEND" });
  const first = new Date(nightly!.firstTime * 1000);
  expect([first.getUTCDay(), first.toISOString().slice(11, 16)]).toEqual([0, "01:05"]);
  expect(first.getTime()).toBeLessThan(Date.now());
});

test("the age of a VM's backups is that of the newest snapshot with its tag", () => {
  const at = (time: string, ...tags: string[]) => ({ time, tags });
  const found = vmAges([
    at("2026-01-02T00:00:00Z", "one-7"),
    at("2026-01-01T00:00:00Z", "one-7"),
    at("2026-01-03T00:00:00Z", "one-12", "other"),
    at("2026-01-04T00:00:00Z", "database"),
    at("2099-01-01T00:00:00Z", "one-7"),
  ]);
  expect(found).toEqual({ 7: Date.UTC(2026, 0, 2) / 1000, 12: Date.UTC(2026, 0, 3) / 1000 });
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

test("copies open with a password that only the backup host has; a copy that fails keeps no other back", async () => {
  const world = new BackupWorld();
  try {
    await world.start();
    const repository = world.settings.repository.url.replace(/hosts$/, "vms");
    const datastores = join(world.folder, "datastores");
    const vms = { datastores, repository, password: "of-the-drivers", copyPassword: "of-the-copies" };
    const settings = { ...world.other("host01"), vms };
    const stored = async (vm: string, password: string): Promise<void> => {
      const of = { RESTIC_REPOSITORY: join(datastores, "100", vm), RESTIC_PASSWORD: password };
      mkdirSync(join(datastores, "100"), { recursive: true });
      for (const words of [["init"], ["backup", "--tag", `one-${vm}`, join(world.folder, "one")]]) {
        expect((await restic(of, words)).status).toBe(0);
      }
    };
    await stored("7", "of-the-drivers");
    // Only its owner may leave a lock there; here nobody can.
    rmSync(join(datastores, "100", "7", "locks"), { recursive: true });
    writeFileSync(join(datastores, "100", "7", "locks"), "");
    await stored("6", "of-somebody-else");
    await expect(backUp(settings, "vms")).rejects.toThrow(/datastores\/100\/6: .*wrong password/);
    const opened = async (password: string): Promise<number> => {
      const { accessKey: AWS_ACCESS_KEY_ID, secretKey: AWS_SECRET_ACCESS_KEY } = world.settings.repository;
      const access = { RESTIC_REPOSITORY: repository, RESTIC_PASSWORD: password };
      return (await restic({ ...access, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY }, ["snapshots"])).status;
    };
    expect(await opened("of-the-copies")).toBe(0);
    expect(await opened("of-the-drivers")).not.toBe(0);
    expect(await opened(world.settings.repository.password)).not.toBe(0);
    rmSync(join(datastores, "100", "6"), { recursive: true });
    await backUp(settings, "vms");
    const metrics = join(world.settings.metricsDirectory, "opennebula_scaleway_backup_vm_ages.prom");
    expect(readFileSync(metrics, "utf8")).toMatch(/vm_newest_timestamp_seconds\{vm="7"\} \d{10}/);
  } finally {
    await world.end();
  }
}, 120_000);
