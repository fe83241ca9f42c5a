// SPDX-License-Identifier: Apache-2.0
// What a host that somebody has taken over can put into the repository: it has its password, not the other hosts' keys.
import { execFileSync } from "node:child_process";
import { mkdirSync, readdirSync, renameSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { backUp } from "../../../onhost/backup/src/backup";
import { encrypted, type Manifest } from "../../../onhost/backup/src/manifest";
import { Repository, type Snapshot } from "../../../onhost/backup/src/repository";
import { saidBy, sealed, type Sealed } from "../../../onhost/backup/src/seal";
import { judged } from "../../../operations/backup/authentic";
import { BackupWorld, HOST_KEY } from "./world";

jest.setTimeout(120_000);

let world: BackupWorld;

beforeEach(async () => {
  world = new BackupWorld();
  await world.start();
  mkdirSync(join(world.folder, "etc"));
  writeFileSync(join(world.folder, "etc", "host.conf"), "as it was\n");
});
afterEach(() => world.end());

/** The files of a snapshot, in a folder to do evil with. */
async function stolen({ id }: { id: string }): Promise<string> {
  const target = join(world.folder, `stolen-${id}`);
  await world.restic("restore", id, "--target", target);
  return join(target, world.settings.stateDirectory, "staging");
}

const plant = (folder: string, seal: Sealed, host = "fe", kind = "configuration"): Promise<string> =>
  new Repository(world.settings).store(folder, { host, kind }, seal);

const found = async (id: string): Promise<Snapshot> =>
  (await new Repository(world.settings).snapshots()).find((one) => one.id === id)!;

/** What a restore would say of a plan's files; nothing must reach the host. */
async function refusal(plan: Awaited<ReturnType<BackupWorld["plan"]>>): Promise<string> {
  const host = jest.fn();
  const reason = await world.send(plan, host).then(
    () => "",
    (error: Error) => error.message,
  );
  expect(host).not.toHaveBeenCalled();
  return reason;
}

describe("a host's backup", () => {
  test("forged with another host's key, or without any, is refused and the newest authentic one is taken", async () => {
    const { snapshot: own } = await backUp(world.settings, "configuration");
    const real = saidBy((await found(own!)).sealed!)!;
    const later: Manifest = { ...real, sequence: real.sequence + 1e9, takenAt: real.takenAt + 1e6 };
    const folder = join(await stolen({ id: own! }), "configuration");
    const forged = await plant(folder, sealed(later, world.other("host01").seal.key));
    await world.restic("backup", "--host", "fe", "--tag", "configuration", folder);
    const { manifest } = sealed(later, "00".repeat(32));
    const changed = await plant(folder, { manifest, mac: (await found(own!)).sealed!.mac });
    const empty = await plant(folder, { manifest: "bm90aGluZw", mac: "" });

    const refused = (await world.backups()).filter(({ id }) => id !== own).map((backup) => backup.refused);
    const key = "it was not sealed with the key of fe";
    expect(refused).toEqual([key, "it carries no seal", key, "its seal holds no manifest"]);
    expect((await world.plan("configuration")).snapshot).toBe(own);
    for (const id of [forged, changed]) {
      await expect(world.plan("configuration", id)).rejects.toThrow(`backup ${id} is refused: ${key}`);
    }
    await expect(world.plan("configuration", empty)).rejects.toThrow("its seal holds no manifest");
    await world.restic("forget", own!);
    await expect(world.plan("configuration")).rejects.toThrow(/there are none, and 4 that are not authentic/);
  });

  test("is not that of another host or kind whose manifest somebody took", async () => {
    await backUp(world.settings, "configuration");
    const other = world.other("host01");
    const { snapshot } = await backUp(other, "configuration");
    const seal = (await found(snapshot!)).sealed!;
    const folder = join(await stolen({ id: snapshot! }), "configuration");
    const asFrontend = await plant(folder, seal, "fe");
    const asDatabase = await plant(folder, seal, "host01", "database");
    const refused = Object.fromEntries((await world.backups()).map((backup) => [backup.id, backup.refused]));
    expect(refused[asFrontend]).toBe("its seal is that of a configuration of host01");
    expect(refused[asDatabase]).toBe("its seal is that of a configuration of host01");
    expect((await world.plan("configuration", undefined, "host01")).snapshot).toBe(snapshot);
  });

  test("stored again is no newer one; with other content beside its manifest the real one is found all the same", async () => {
    const { snapshot: old } = await backUp(world.settings, "configuration");
    const { snapshot: newest } = await backUp(world.settings, "configuration");
    const folder = join(await stolen({ id: old! }), "configuration");
    await plant(folder, (await found(old!)).sealed!);
    expect((await world.plan("configuration")).snapshot).toBe(newest);

    execFileSync("dd", ["if=/dev/zero", `of=${join(folder, encrypted("configuration.tar.zst"))}`, "bs=1k", "count=9"], {
      stdio: "ignore",
    });
    const garbage = await plant(folder, (await found(newest!)).sealed!);
    const plan = await world.plan("configuration");
    expect(plan.steps[0]!.places.map((place) => place.snapshot).sort()).toEqual([garbage, newest].sort());
    expect(await world.send(plan, (frames) => frames.text())).not.toBe("");
    await world.restic("forget", newest!);
    expect(await refusal(await world.plan("configuration"))).toMatch(/configuration\.tar\.zst of backup .* is refused/);
  });

  test("cut short or exchanged is refused before anything of it is sent", async () => {
    const { snapshot } = await backUp(world.settings, "configuration");
    const seal = (await found(snapshot!)).sealed!;
    const folder = join(await stolen({ id: snapshot! }), "configuration");
    const file = join(folder, encrypted("configuration.tar.zst"));
    await world.restic("forget", snapshot!);
    const again = async (): Promise<string> => {
      const planted = await plant(folder, seal);
      const reason = await refusal(await world.plan("configuration", planted));
      await world.restic("forget", planted);
      return reason;
    };
    // Well encrypted to the same recipients: everybody has those.
    execFileSync("age", ["--encrypt", "--recipients-file", world.settings.recipients, "--output", file], {
      input: "something else",
    });
    expect(await again()).toMatch(/it is not what was backed up/);
    truncateSync(file, 180);
    expect(await again()).toMatch(/age ended with 1/);
    execFileSync("dd", ["if=/dev/zero", `of=${file}`, "bs=1k", "count=200"], { stdio: "ignore" });
    expect(await again()).toMatch(/longer than what was backed up/);
    renameSync(file, `${file}.away`);
    expect(await again()).toMatch(/restic ended with \d: .*not found in snapshot/);
  });

  test("of a machine that was replaced can be read, and is older than everything of its successor", async () => {
    const replaced = { ...world.settings, seal: world.sealOf("fe", "ssh-ed25519 AAAAformer") };
    const { snapshot: former } = await backUp(replaced, "configuration");
    expect((await world.plan("configuration")).snapshot).toBe(former);
    const { snapshot: own } = await backUp(world.settings, "configuration");
    // Whoever has the former machine can still seal in its name.
    const { snapshot: late } = await backUp(replaced, "configuration");
    expect((await world.backups()).map(({ isCurrent }) => isCurrent)).toEqual([false, true, false]);
    expect((await world.plan("configuration")).snapshot).toBe(own);
    expect((await world.plan("configuration", late)).snapshot).toBe(late);
    expect(replaced.seal.key).not.toBe(world.settings.seal.key);
  });

  test("keeps its place when the clock was set back", async () => {
    const ahead = Date.now() + 3_600_000;
    mkdirSync(world.settings.stateDirectory);
    writeFileSync(join(world.settings.stateDirectory, "sequence"), String(ahead));
    await backUp(world.settings, "configuration");
    const { snapshot } = await backUp(world.settings, "configuration");
    expect(await world.plan("configuration")).toMatchObject({ snapshot, manifest: { sequence: ahead + 2 } });
  });
});

describe("binary logs", () => {
  beforeEach(() => world.startDatabase());

  const chain = async (): Promise<string[]> => {
    await world.insert(1, 5);
    await backUp(world.settings, "database", world.server);
    const ids = [];
    for (const from of [6, 11, 16]) {
      await world.insert(from, 5);
      ids.push((await backUp(world.settings, "binlog", world.server)).snapshot!);
    }
    return ids;
  };

  test("in another order are refused: each is the one that its manifest names", async () => {
    const [first, second] = (await chain()) as [string, string];
    const folders = await Promise.all([first, second].map(async (id) => join(await stolen({ id }), "binlog")));
    const [one, two] = folders.map((folder) => join(folder, readdirSync(folder)[0]!)) as [string, string];
    renameSync(one, `${one}.away`);
    renameSync(two, one);
    renameSync(`${one}.away`, two);
    for (const [index, id] of [first, second].entries()) {
      const { sealed: seal } = await found(id);
      await world.restic("forget", id);
      await plant(folders[index]!, seal!, "fe", "binlog");
    }
    expect(await refusal(await world.plan("database"))).toMatch(/opennebula-bin\.\d+\.zst of backup .* is refused/);
  });

  test("of another host, of another generation and unsealed ones are no continuation", async () => {
    const [, second, third] = (await chain()) as [string, string, string];
    const real = saidBy((await found(second)).sealed!)!;
    const folder = join(await stolen({ id: second }), "binlog");
    await world.restic("forget", second);
    const former = world.sealOf("fe", "ssh-ed25519 AAAAformer");
    await plant(folder, sealed({ ...real, generation: former.generation }, former.key), "fe", "binlog");
    await plant(folder, sealed({ ...real, host: "host01" }, world.sealOf("host01").key), "host01", "binlog");
    await plant(folder, sealed(real, world.sealOf("host01").key), "fe", "binlog");
    const plan = await world.plan("database");
    expect(plan.gap).toMatch(/is missing; 1 later ones cannot be used/);
    expect(plan.steps.flatMap(({ places }) => places).map(({ snapshot }) => snapshot)).not.toContain(third);
    expect(plan.steps.filter(({ role }) => role === "binlog")).toHaveLength(1);
  });
});

test("what a host says of itself is believed of no other machine, whatever it writes into its manifest", () => {
  const seal = world.other("host01").seal;
  const manifest = { version: 1, kind: "configuration", host: "fe", generation: seal.generation } as const;
  const snapshot = { id: "1", time: "", host: "fe", kind: "configuration", folder: "/" };
  const said = sealed({ ...manifest, sequence: 1, takenAt: 1, artefacts: [] }, seal.key);
  expect(judged([{ ...snapshot, sealed: said }], world.sealIdentity, [HOST_KEY])[0]).toMatchObject({
    refused: "it was not sealed with the key of fe",
  });
});
