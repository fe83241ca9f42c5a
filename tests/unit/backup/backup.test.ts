// SPDX-License-Identifier: Apache-2.0
// What runs on hosts, with the real MariaDB, restic and age of the distribution, against the emulator's object storage.
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { backUp } from "../../../onhost/backup/src/backup";
import { Repository } from "../../../onhost/backup/src/repository";
import { feedDatabase, restore, type RestoreOptions, type RestoreReport } from "../../../onhost/backup/src/restore";
import { BackupWorld } from "./world";

jest.setTimeout(120_000);

let world: BackupWorld;

beforeEach(async () => {
  world = new BackupWorld();
  await world.start();
});
afterEach(() => world.end());

const metrics = (kind: string): string =>
  readFileSync(join(world.settings.metricsDirectory, `opennebula_scaleway_backup_${kind}.prom`), "utf8");

describe("the database", () => {
  beforeEach(() => world.startDatabase());

  const rows = async (): Promise<string[][]> => world.sql("SELECT * FROM opennebula.vm_pool ORDER BY oid");
  const back = async (): Promise<void> => {
    const plan = await world.plan("database");
    const steps = plan.steps.filter(({ role }) => role !== "credentials");
    await world.send({ steps }, (frames) =>
      feedDatabase({ plan: { ...plan, steps }, frames, server: world.server, name: "opennebula", isolated: false }),
    );
  };

  test("comes back as it was, with what was written after the dump", async () => {
    await world.insert(1, 500);
    await backUp(world.settings, "database", world.server);
    await world.insert(501, 100);
    await backUp(world.settings, "binlog", world.server);
    await world.insert(601, 50);
    await world.sql("DELETE FROM opennebula.vm_pool WHERE oid = 7");
    const shipped = await backUp(world.settings, "binlog", world.server);
    expect(shipped.snapshot).toBeDefined();
    const before = await rows();
    await world.sql("DROP TABLE opennebula.vm_pool");
    await back();
    expect(await rows()).toEqual(before);
    expect(metrics("binlog")).toContain(
      'opennebula_scaleway_backup_objective_seconds{kind="binlog",objective="recovery_point"} 900',
    );
    expect(metrics("database")).toContain('opennebula_scaleway_backup_failed{kind="database"} 0');
  });

  test("is proven in a server of its own, which leaves nothing behind", async () => {
    await world.insert(1, 20);
    await backUp(world.settings, "database", world.server);
    await world.insert(21, 20);
    await backUp(world.settings, "binlog", world.server);
    const scratch = readdirSync(world.settings.scratchDirectory);
    const plan = await world.plan("database");
    const isolated = { isolated: true };
    const report = await world.send(plan, (frames) => restore(world.settings, plan, frames, isolated));
    expect(report).toMatchObject({ isolated: true, items: 1, binlogs: 1 });
    expect(metrics("database")).toMatch(/backup_verified_timestamp_seconds\{kind="database"\} \d+/);
    expect(readdirSync(world.settings.scratchDirectory)).toEqual(scratch);
    // Another content than the manifest says is no proof.
    plan.manifest.database!.content = "0".repeat(64);
    const proof = world.send(plan, (frames) => restore(world.settings, plan, frames, isolated));
    await expect(proof).rejects.toThrow(/differs/);
  });

  test("nothing new is nothing to ship, and no failure", async () => {
    await world.insert(1, 5);
    await backUp(world.settings, "binlog", world.server);
    const again = await backUp(world.settings, "binlog", world.server);
    expect(again.snapshot).toBeUndefined();
    expect(metrics("binlog")).toContain('opennebula_scaleway_backup_failed{kind="binlog"} 0');
  });

  test("with its newest backup lost the one before is used, and a missing log ends the chain in words", async () => {
    await world.insert(1, 10);
    const first = await backUp(world.settings, "database", world.server);
    await world.insert(11, 10);
    const lost = await backUp(world.settings, "database", world.server);
    const logs = [];
    for (const from of [21, 31, 41]) {
      await world.insert(from, 10);
      logs.push((await backUp(world.settings, "binlog", world.server)).snapshot!);
    }
    const before = await rows();
    await world.restic("forget", lost.snapshot!);
    expect((await world.plan("database")).snapshot).toBe(first.snapshot);
    await back();
    expect(await rows()).toEqual(before);
    await world.restic("forget", logs[1]!);
    const plan = await world.plan("database");
    expect(plan.gap).toMatch(/binary log \d+ is missing; 1 later ones cannot be used/);
    await back();
    expect((await rows()).length).toBe(30);
  });

  test("no half dump is ever stored", async () => {
    const snapshots = (): Promise<unknown[]> => new Repository(world.settings).snapshots();
    await world.insert(1, 10);
    await backUp(world.settings, "database", world.server);
    const broken = { ...world.settings, database: { ...world.settings.database!, name: "absent" } };
    await expect(backUp(broken, "database", world.server)).rejects.toThrow(/mariadb-dump ended with \d+: .*absent/);
    expect(await snapshots()).toHaveLength(1);
    expect(metrics("database")).toContain('opennebula_scaleway_backup_failed{kind="database"} 1');
    expect(metrics("database")).toMatch(/last_success_timestamp_seconds\{kind="database"\} \d+/);
    expect(existsSync(join(world.settings.stateDirectory, "staging", "database"))).toBe(false);
  });
});

describe("the configuration", () => {
  const file = (): string => join(world.folder, "etc", "deep", "host.conf");

  beforeEach(() => {
    mkdirSync(join(world.folder, "etc", "deep"), { recursive: true });
    writeFileSync(file(), "canary-of-the-configuration\n", { mode: 0o640 });
  });

  test("comes back in its place with its mode, and is proven aside", async () => {
    await backUp(world.settings, "configuration");
    const since = /first_success_timestamp_seconds\{kind="configuration"\} (\d+)/.exec(metrics("configuration"))?.[1];
    expect(Date.now() / 1000 - Number(since)).toBeLessThan(120);
    const plan = await world.plan("configuration");
    const restored = (options: RestoreOptions): Promise<RestoreReport> =>
      world.send(plan, (frames) => restore(world.settings, plan, frames, options));
    expect((await restored({ isolated: true })).items).toBeGreaterThanOrEqual(3);
    rmSync(file());
    await restored({ isolated: false, paths: [file()] });
    expect(readFileSync(file(), "utf8")).toBe("canary-of-the-configuration\n");
    expect(statSync(file()).mode & 0o777).toBe(0o640);
    const aside = await restored({ isolated: false });
    expect(readFileSync(join(aside.place, file()), "utf8")).toBe("canary-of-the-configuration\n");
  });

  test("no key that is not a recipient opens it, and the host's own repository password does not either", async () => {
    await backUp(world.settings, "configuration");
    const plan = await world.plan("configuration");
    const host = jest.fn();
    await expect(world.send(plan, host, world.newKey("other"))).rejects.toThrow(/no identity matched/);
    expect(host).not.toHaveBeenCalled();
    const found = spawnSync("grep", ["-rl", "canary-of-the-configuration", join(world.folder, "objects")]);
    // 1: nowhere.
    expect(found.status).toBe(1);
  });

  test("a wrong repository password and a wrong secret fail in words", async () => {
    await backUp(world.settings, "configuration");
    const repository = world.settings.repository;
    const with_ = (change: Partial<typeof repository>) => ({
      ...world.settings,
      repository: { ...repository, ...change },
    });
    await expect(backUp(with_({ password: "other" }), "configuration")).rejects.toThrow(/wrong password/);
    const secretKey = "00000000-0000-0000-0000-000000000000";
    await expect(backUp(with_({ secretKey }), "configuration")).rejects.toThrow(/restic ended with 1/);
  });

  test("first backups that begin at once make one repository; another host than the front-end makes none", async () => {
    const other = world.other("host01");
    await expect(backUp(other, "configuration")).rejects.toThrow(/no repository yet/);
    mkdirSync(world.settings.stateDirectory, { recursive: true });
    await Promise.all([1, 2, 3, 4].map(() => new Repository(world.settings).ensure()));
    await backUp(other, "configuration");
    expect(await new Repository(world.settings).snapshots()).toHaveLength(1);
  });

  test("a repository that was damaged is found by its check, and by a restore before the host hears of it", async () => {
    const first = await backUp(world.settings, "configuration");
    await backUp(world.settings, "check");
    const packs = async (): Promise<string[]> => (await world.restic("list", "packs")).trim().split("\n");
    const before = await packs();
    await backUp(world.settings, "configuration");
    for (const pack of (await packs()).filter((one) => !before.includes(one)))
      world.damage(`data/${pack.slice(0, 2)}/${pack}`);
    await expect(backUp(world.settings, "check")).rejects.toThrow(/restic ended with 1/);
    expect(metrics("check")).toContain('opennebula_scaleway_backup_failed{kind="check"} 1');
    const host = jest.fn();
    const damaged = await world.plan("configuration");
    await expect(world.send(damaged, host)).rejects.toThrow(/of backup \w+ is refused: restic ended with/);
    expect(host).not.toHaveBeenCalled();
    // The one before is whole.
    const plan = await world.plan("configuration", first.snapshot);
    const isolated = { isolated: true };
    const report = await world.send(plan, (frames) => restore(world.settings, plan, frames, isolated));
    expect(report).toMatchObject({ snapshot: first.snapshot });
  });

  test("a full disk is a failure that says so, and leaves no part of a backup", async () => {
    const small = join(world.folder, "small");
    mkdirSync(small);
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=64k", "tmpfs", small]);
    try {
      execFileSync("dd", [
        "if=/dev/urandom",
        `of=${join(world.folder, "etc", "random")}`,
        "bs=1k",
        "count=300",
        "status=none",
      ]);
      const full = { ...world.settings, stateDirectory: join(small, "state") };
      await expect(backUp(full, "configuration")).rejects.toThrow(/ENOSPC|No space left/i);
      expect(await new Repository(world.settings).snapshots()).toEqual([]);
      const target = {
        ...world.settings,
        repository: { ...world.settings.repository, url: join(small, "repository") },
      };
      await expect(backUp(target, "configuration")).rejects.toThrow(/no space left/i);
      expect(metrics("configuration")).toContain('opennebula_scaleway_backup_failed{kind="configuration"} 1');
    } finally {
      execFileSync("umount", ["--lazy", small]);
    }
  });
});
