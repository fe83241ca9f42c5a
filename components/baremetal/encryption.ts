// SPDX-License-Identifier: Apache-2.0
import { encryptedDisk, HostRole, services, unitsOf } from "../../catalogue";
import type { FileEntry, HostState, Step } from "../host/state";
import { ref, secretRef, text } from "../host/text";
import type { EncryptionPlan } from "./plan";

const { program, settings, mapper, label, mount, places, target } = encryptedDisk;
const MARKER = "/var/lib/opennebula-scaleway/formatting";

/** `/var/lib/one` as systemd names its unit; our paths have no other signs to escape than `-`. */
function unitName(path: string, suffix: string): string {
  return `${path.slice(1).replaceAll("-", "\\x2d").replaceAll("/", "-")}.${suffix}`;
}

const DEVICE = unitName(`/dev/mapper/${mapper}`, "device");
const DISK = unitName(mount, "mount");
const BINDS = Object.entries(places).map(([folder, path]) => ({ folder, path, unit: unitName(path, "mount") }));

/** Units whose data are on the disk: they wait for it, and start when it is opened. */
const HELD = [
  ...new Set([
    services.mariadb.unit,
    ...unitsOf([HostRole.Frontend]).filter((unit) => unit.startsWith("opennebula")),
    "opennebula-ssh-agent.service",
    "libvirtd.service",
  ]),
];

/** What the program needs to know; the same on every host. */
export function encryptionSettings(plan: EncryptionPlan): object {
  return {
    mapper,
    opened: `/dev/mapper/${mapper}`,
    label,
    marker: MARKER,
    tpm: plan.tpm,
    crypttab: "/etc/crypttab",
    fstab: "/etc/fstab",
    places: Object.values(places),
    unit: DISK,
  };
}

/** The disk of a host, its mounts, and the units that wait for it. */
export function renderEncryption(
  host: string,
  plan: EncryptionPlan,
): Pick<HostState, "packages"> & { files: Record<string, FileEntry>; sequence: Step[] } {
  const unitFile = (unit: string): string => `/etc/systemd/system/${unit}`;
  const call = (command: string): string => `/usr/bin/python3 -I -B ${program} ${command} ${settings}`;
  const mounts = [
    { unit: DISK, content: diskMount() },
    ...BINDS.map(({ folder, path, unit }) => ({ unit, content: bindMount(folder, path) })),
  ];
  return {
    // Whoever enrols a TPM needs its libraries, which systemd loads where they are there.
    packages: { "cryptsetup-bin": "*", ...(plan.tpm && { "tpm2-tools": "*" }) },
    files: {
      [program]: { content: text`${ref("baremetal.encryptionProgram")}`, mode: "0755" },
      [settings]: { content: `${JSON.stringify(encryptionSettings(plan), null, 2)}\n` },
      ...Object.fromEntries(mounts.map(({ unit, content }) => [unitFile(unit), { content }])),
      [unitFile(target)]: { content: dataTarget() },
      ...Object.fromEntries(HELD.map((unit) => [unitFile(`${unit}.d/50-encrypted-disk.conf`), { content: waiting() }])),
    },
    sequence: [
      {
        action: "encrypted-disk",
        needed: `! ${call("ready")}`,
        run: `printf %s "$DISK_KEY" | ${call("prepare")}`,
        environment: { DISK_KEY: text`${secretRef(`${host}.diskKey`)}` },
        // Formatting terabytes and the pause of a busy array.
        timeoutSeconds: 600,
      },
      { unit: DISK },
      {
        action: "encrypted-places",
        needed: BINDS.map(({ folder, path }) => `! test -d ${mount}/${folder} || ! test -d ${path}`).join(" || "),
        run: `mkdir -p ${BINDS.map(({ folder }) => `${mount}/${folder}`).join(" ")} ${BINDS.map(({ path }) => path).join(" ")}`,
      },
      ...BINDS.map(({ unit }) => ({ unit })),
      { unit: target, state: "any", enabled: "enabled" },
    ],
  };
}

/** With the device comes the mount: after `unlock`, after the TPM, or when a person opens it at the console. */
function diskMount(): string {
  return unit(
    ["Description=Encrypted disk of this host"],
    ["[Mount]", `What=/dev/mapper/${mapper}`, `Where=${mount}`, "Type=ext4", "Options=nodev"],
    [DEVICE],
  );
}

function bindMount(folder: string, path: string): string {
  return unit(
    [`Description=${path} on the encrypted disk`, `Requires=${DISK}`, `After=${DISK}`],
    ["[Mount]", `What=${mount}/${folder}`, `Where=${path}`, "Type=none", "Options=bind"],
    [DISK],
  );
}

function dataTarget(): string {
  const binds = BINDS.map((bind) => bind.unit).join(" ");
  return unit(
    [
      "Description=What needs the encrypted disk of this host",
      `Requires=${binds}`,
      `After=${binds}`,
      // Of those only what is installed here.
      `Wants=${HELD.join(" ")}`,
    ],
    [],
    [DISK],
  );
}

/** A service that began on an empty folder would make itself a new database there. */
function waiting(): string {
  const binds = BINDS.map((bind) => bind.unit).join(" ");
  return ["[Unit]", `ConditionPathIsMountPoint=${mount}`, `After=${binds}`, ""].join("\n");
}

function unit(head: string[], body: string[], wantedBy: string[]): string {
  const part = (lines: string[]): string[] => (lines.length === 0 ? [] : [...lines, ""]);
  return ["[Unit]", ...head, "", ...part(body), "[Install]", `WantedBy=${wantedBy.join(" ")}`, ""].join("\n");
}

interface Schema {
  raids: { name: string; devices: string[] }[];
  filesystems: { device: string; mountpoint: string }[];
}

/** The place at which the provider would mount the array that takes the rest of the disks. */
const DATA = "/data";

/**
 * A partitioning schema whose data array is left without a file system.
 *
 * @param json - as the provider proposes it with its data partition.
 * @throws Error where it has no such array: a server with one disk alone, or another layout.
 */
export function withUnformattedArray(json: string): string {
  const schema = JSON.parse(json) as Schema;
  const data = schema.filesystems.find(({ mountpoint }) => mountpoint === DATA);
  if (data === undefined || !schema.raids.some(({ name }) => name === data.device))
    throw new Error(
      "encryption.disks: the offer's layout has no mirrored data array; give hosts.<name>.partitioning with one",
    );
  return JSON.stringify({ ...schema, filesystems: schema.filesystems.filter((one) => one !== data) });
}
