// SPDX-License-Identifier: Apache-2.0
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { planVmJobs } from "../../../components/backup/plan";
import { repositoriesOf, vmAges } from "../../../onhost/backup/src/vms";

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
  ]);
  expect(found).toEqual({ 7: Date.UTC(2026, 0, 2) / 1000, 12: Date.UTC(2026, 0, 3) / 1000 });
});

test("repositories are what restic has made below a datastore, whatever else is there", () => {
  const folder = mkdtempSync(join(tmpdir(), "vm-backups-"));
  try {
    for (const one of ["100/7/keys", "100/job_3/keys", "0/12", "100/8"])
      mkdirSync(join(folder, one), { recursive: true });
    for (const one of ["100/7/config", "100/job_3/config", "0/12/disk.0"]) writeFileSync(join(folder, one), "");
    const settings = { datastores: folder, repository: "r", password: "p", user: "oneadmin" };
    expect(repositoriesOf(settings)).toEqual([join(folder, "100/7"), join(folder, "100/job_3")]);
    expect(repositoriesOf({ ...settings, datastores: join(folder, "absent") })).toEqual([]);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
