// SPDX-License-Identifier: Apache-2.0
/**
 * Encrypted disks, as far as a machine without device-mapper can tell: LUKS headers, file systems, signatures, units and crypttab are
 * made and judged by the real tools on plain files. What `cryptsetup open` does in the kernel is not run here: a stand-in of that one
 * call shows a file in the disk's place.
 */
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { spawnSync } from "node:child_process";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { encryptedDisk } from "../../../catalogue";
import { encryptionSettings, renderEncryption, withUnformattedArray } from "../../../components/baremetal/encryption";
import { defaultSchema } from "../../../lab/scaleway/products/partitioning";
import { resolveText } from "../../../components/host/text";
import { judge } from "../../helpers/tools";

const PROGRAM = resolve(__dirname, "../../../onhost/encryption/encryption.py");
const KEY = "k3y".repeat(20);
const MIB = 1024 * 1024;

/** A host whose block devices are files. */
class World {
  readonly folder = mkdtempSync(join(tmpdir(), "encryption-"));
  readonly device = join(this.folder, "md2");
  readonly opened = join(this.folder, "opened");
  readonly place = join(this.folder, "var-lib-one");
  arrays = [this.device];

  constructor() {
    this.write("md2", "");
    truncateSync(this.device, 64 * MIB);
    this.write("fstab", "UUID=1 / ext4 defaults 0 1\n");
    mkdirSync(join(this.folder, "bin"));
    mkdirSync(this.place);
    const settings = { ...encryptionSettings({ tpm: false }), opened: this.opened, places: [this.place] };
    const files = { marker: "marker", crypttab: "crypttab", fstab: "fstab" };
    const paths = Object.fromEntries(Object.entries(files).map(([key, file]) => [key, join(this.folder, file)]));
    this.write("settings.json", JSON.stringify({ ...settings, ...paths }));
    // Counts calls, and kills who called at the one that is named.
    const counted = `echo "\${0##*/} $1" >>${this.folder}/calls; n=$(wc -l <${this.folder}/calls)\n`;
    const kill = `[ "$n" != "\${KILL_AT:-0}" ] || kill -9 $PPID\n`;
    const real = (tool: string): string =>
      spawnSync("sh", ["-c", `command -v ${tool}`], { encoding: "utf8" }).stdout.trim();
    const stub = (name: string, body: string): void => {
      this.write(`bin/${name}`, `#!/bin/sh\n${counted}${body}\nstatus=$?\n${kill}exit $status\n`);
      chmodSync(join(this.folder, "bin", name), 0o755);
    };
    stub("lsblk", `cat ${this.folder}/lsblk.json`);
    stub("swapon", ":");
    stub("systemctl", `echo "$@" >>${this.folder}/systemctl`);
    for (const tool of ["wipefs", "blkid", "mkfs.ext4"]) stub(tool, `${real(tool)} "$@"`);
    const open = `case "$1 $2" in "open --type") cat >/dev/null; [ -e ${this.folder}/content ] || truncate -s 16M ${this.folder}/content; ln ${this.folder}/content ${this.opened} ;;`;
    stub("cryptsetup", `${open}\n*) ${real("cryptsetup")} "$@" ;; esac`);
  }

  write(name: string, text: string): void {
    writeFileSync(join(this.folder, name), text);
  }

  read(name: string): string {
    return readFileSync(join(this.folder, name), "utf8");
  }

  /** What `lsblk` says of the files now. */
  private look(): void {
    const blockdevices = this.arrays.map((name) => {
      const probe = spawnSync("blkid", ["--probe", "--output", "export", name], { encoding: "utf8" }).stdout;
      const tag = (key: string): string | null => new RegExp(`^${key}=(.*)$`, "m").exec(probe)?.[1] ?? null;
      const size = 2 ** 40;
      return { name, type: "raid1", size, fstype: tag("TYPE"), label: tag("LABEL"), mountpoints: [null] };
    });
    this.write("lsblk.json", JSON.stringify({ blockdevices }));
  }

  run(command: string, { key = KEY, killAt = 0 } = {}): { status: number | null; stderr: string } {
    this.look();
    rmSync(join(this.folder, "calls"), { force: true });
    const env = { ...process.env, PATH: `${this.folder}/bin:${process.env.PATH}`, KILL_AT: `${killAt}` };
    const argv = ["-I", "-B", PROGRAM, command, join(this.folder, "settings.json")];
    const { status, stderr } = spawnSync("python3", argv, { env, input: key, encoding: "utf8" });
    return { status, stderr: stderr.trim() };
  }

  /** Which file system is on the opened disk. */
  get fileSystem(): string {
    return judge("blkid", ["--probe", "--output", "export", this.opened]).output;
  }

  /** Tools that the last run called, each with its first word. */
  get calls(): string[] {
    return this.read("calls").trim().split("\n");
  }

  dispose(): void {
    rmSync(this.folder, { recursive: true });
  }
}

let world: World;
beforeEach(() => (world = new World()));
afterEach(() => world.dispose());

const done = { status: 0, stderr: "" };

test("makes the array that the installation left LUKS2 with the given key alone, once", () => {
  expect(world.run("ready").status).toBe(1);
  expect(world.run("prepare")).toEqual(done);
  const dump = judge("cryptsetup", ["luksDump", world.device]).output;
  expect(dump).toMatch(/Version:\s+2\n/);
  expect(dump).toMatch(new RegExp(`Label:\\s+${encryptedDisk.label}\n`));
  const opens = (key: string): number =>
    judge("cryptsetup", ["open", "--test-passphrase", "--key-file=-", world.device], key).status;
  expect([opens(KEY), opens(`${KEY}x`)]).toEqual([0, 2]);
  expect(world.run("ready")).toEqual(done);
  const fileSystem = world.fileSystem;
  expect(fileSystem).toContain("TYPE=ext4");
  expect(world.run("prepare")).toEqual(done);
  expect(judge("cryptsetup", ["luksDump", world.device]).output).toBe(dump);
  expect(world.fileSystem).toBe(fileSystem);
  expect(world.read("crypttab")).toBe("opennebula-data LABEL=opennebula-data none luks,nofail,noauto\n");
});

test.each(["cryptsetup luksFormat", "mkfs.ext4 -q"])(
  "killed after `%s` it is run again and ends the same, and formats nothing that may hold data",
  (call) => {
    world.run("prepare");
    const step = world.calls.findIndex((one) => one.startsWith(call)) + 1;
    expect(step).toBeGreaterThan(0);
    const fileSystem = world.fileSystem;
    const fresh = new World();
    try {
      expect(fresh.run("prepare", { killAt: step }).status).toBeNull();
      expect(fresh.run("ready").status).toBe(1);
      expect(fresh.run("prepare")).toEqual(done);
      expect(fresh.run("ready")).toEqual(done);
    } finally {
      fresh.dispose();
    }
    // After a boot: closed, and killed at the same number of steps.
    rmSync(world.opened);
    world.run("prepare", { killAt: step });
    expect(world.run("prepare")).toEqual(done);
    expect(world.fileSystem).toBe(fileSystem);
  },
);

test.each<[string, (world: World) => void, RegExp]>([
  [
    "a file system",
    ({ device }) => judge("mkfs.ext4", ["-q", device]),
    /carries data \(ext4\); where nobody needs it: wipefs/,
  ],
  [
    "somebody else's LUKS",
    ({ device }) =>
      judge(
        "cryptsetup",
        ["luksFormat", "--batch-mode", "--pbkdf=pbkdf2", "--pbkdf-force-iterations=1000", "--key-file=-", device],
        KEY,
      ),
    /carries data \(crypto_LUKS\)/,
  ],
  ["no array", (one) => (one.arrays = []), /there is no unused disk array/],
  [
    "two arrays",
    (one) => {
      one.write("md3", "");
      one.arrays.push(join(one.folder, "md3"));
    },
    /several unused arrays/,
  ],
  [
    "data in a place that would be hidden",
    (one) => writeFileSync(join(one.place, "image"), "x"),
    /holds data on the plain disk/,
  ],
])("refuses %s and leaves it as it is", (_, prepare, reason) => {
  prepare(world);
  const before = readFileSync(world.device);
  const { status, stderr } = world.run("prepare");
  expect(status).toBe(1);
  expect(stderr).toMatch(reason);
  expect(stderr).not.toContain(KEY);
  expect(readFileSync(world.device).equals(before)).toBe(true);
  expect(existsSync(world.opened)).toBe(false);
});

test("unlock opens after a boot with the key and not with another, and starts what waits", () => {
  world.run("prepare");
  rmSync(world.opened);
  expect(world.run("unlock", { key: "another key that is long enough to be one" })).toEqual({
    status: 1,
    stderr: `encryption: ${world.device} does not open with the stack's key`,
  });
  expect(existsSync(world.opened)).toBe(false);
  expect(world.run("unlock")).toEqual(done);
  expect(existsSync(world.opened)).toBe(true);
  expect(world.read("systemctl").trim().split("\n").at(-1)).toBe("start srv-opennebula.mount");
});

test("systemd takes the units and the crypttab: the disk waits for its key, swap gets a key of its own at each boot", () => {
  const { files } = renderEncryption("host01", { tpm: false });
  const root = join(world.folder, "root");
  const units = join(root, "etc/systemd/system");
  mkdirSync(units, { recursive: true });
  for (const [path, { content }] of Object.entries(files)) {
    if (!/\.(mount|target)$/.test(path)) continue;
    writeFileSync(
      join(units, path.split("/").at(-1)!),
      resolveText(content, () => ""),
    );
  }
  const verified = judge("systemd-analyze", [
    "verify",
    ...["srv-opennebula.mount", "var-lib-one.mount", "opennebula-scaleway-data.target"].map((name) =>
      join(units, name),
    ),
  ]);
  // Units of packages that are not installed on this machine are no fault of these.
  expect(
    verified.output
      .split("\n")
      .filter((line) => /srv-opennebula|var-lib|scaleway-data/.test(line) && !/not found|Failed to add/.test(line)),
  ).toEqual([]);
  world.write(
    "crypttab",
    "opennebula-data LABEL=opennebula-data none luks,nofail,noauto\nswap_0a1b2c3d PARTUUID=0a1b2c3d /dev/urandom swap,cipher=aes-xts-plain64,size=512\n",
  );
  const out = ["normal", "early", "late"].map((name) => join(world.folder, name));
  out.forEach((folder) => mkdirSync(folder));
  const { status } = spawnSync("/usr/lib/systemd/system-generators/systemd-cryptsetup-generator", out, {
    env: { ...process.env, SYSTEMD_CRYPTTAB: join(world.folder, "crypttab") },
  });
  expect(status).toBe(0);
  const generated = (name: string): string => readFileSync(join(out[0]!, name), "utf8");
  expect(generated("systemd-cryptsetup@opennebula\\x2ddata.service")).toContain("/dev/disk/by-label/opennebula-data");
  expect(existsSync(join(out[0]!, "cryptsetup.target.requires/systemd-cryptsetup@opennebula\\x2ddata.service"))).toBe(
    false,
  );
  const swap = generated("systemd-cryptsetup@swap_0a1b2c3d.service");
  expect(swap).toContain("'/dev/urandom'");
  expect(swap).toMatch(/makefs swap|mkswap/);
  expect(existsSync(join(out[0]!, "cryptsetup.target.requires/systemd-cryptsetup@swap_0a1b2c3d.service"))).toBe(true);
});

test("leaves the mirrored data array of a proposed layout without a file system, and nothing else", () => {
  const offer = {
    data: {
      disks: [
        ["NVMe", 1e12],
        ["NVMe", 1e12],
      ],
    },
  } as unknown as Parameters<typeof defaultSchema>[0];
  const schema = defaultSchema(offer) as { raids: object[]; filesystems: object[] };
  const data = { name: "/dev/md2", level: "raid_level_1", devices: ["/dev/nvme0n1p5", "/dev/nvme1n1p4"] };
  const raids = [...schema.raids, data];
  const proposed = {
    ...schema,
    raids,
    filesystems: [...schema.filesystems, { device: "/dev/md2", format: "ext4", mountpoint: "/data" }],
  };
  expect(JSON.parse(withUnformattedArray(JSON.stringify(proposed)))).toEqual({ ...schema, raids });
  expect(() => withUnformattedArray(JSON.stringify(schema))).toThrow("no mirrored data array");
});
