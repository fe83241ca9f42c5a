// SPDX-License-Identifier: Apache-2.0

/**
 * Backups of VMs as the official driver `restic` makes them: the host that runs the VM writes to a repository of the VM's own on an
 * SFTP server, `<datastore>/<vm>`; one snapshot holds the files `disk.<id>.0` and `vm.xml`.
 */

import { basename } from "node:path";
import type { ImageDrivers, ImageJob, ImageResult, VmJob } from "../oned/drivers";
import { get, parseTemplate, vectors, type Template } from "../oned/template";
import { childOf, parseXml, textOf } from "../oned/xml";
import { domainName } from "./domain";
import { DESCRIBE, described } from "./description";
import type { Shell } from "./shell";
import { vmDirectory } from "./vmm";

const MIB = 1024 * 1024;

/** The password comes on standard input: everybody on the host can read a command line. */
const PASSWORD = "read -r RESTIC_PASSWORD; export RESTIC_PASSWORD";

/** While its disks are copied a running VM stands still, so that they are of one instant. */
const BACKUP = `${PASSWORD}
vm=$1 repository=$2 tag=$3 domain=$4; shift 4
umask 077; work=$vm/backup; rm -rf "$work"; mkdir -p "$work"; trap 'rm -rf "$work"' EXIT
cat >"$work/vm.xml"
state=$(virsh --connect qemu:///system domstate "$domain" 2>/dev/null | head -n 1)
[ "$state" != running ] || virsh --quiet --connect qemu:///system suspend "$domain" >/dev/null
failed=0
for disk; do cp --sparse=always "$vm/disk.$disk" "$work/disk.$disk.0" || failed=1; done
[ "$state" != running ] || virsh --quiet --connect qemu:///system resume "$domain" >/dev/null
[ "$failed" = 0 ]
restic --quiet --repo "$repository" cat config >/dev/null 2>&1 || restic --quiet --repo "$repository" init >/dev/null
said=$(restic --repo "$repository" backup --json --tag "$tag" "$work"/disk.* "$work/vm.xml")
printf '%s\\n' "$said" | tail -n 1`;

const DUMP = `${PASSWORD}
restic --quiet --no-lock --repo "$1" dump "$2" "$3"`;

const LIST = `${PASSWORD}
restic --quiet --no-lock --repo "$1" ls --json "$2"`;

const FORGET = `${PASSWORD}
restic --quiet --repo "$1" forget --prune "$2"`;

const SPACE = `mkdir -p "$1"; df -Pm "$1" | awk 'NR == 2 { print $2, $3, $4 }'`;

type Target = Pick<ImageJob["datastore"], "path" | "template">;

function setting({ template }: Target, name: string): string {
  const value = get(template, name);
  if (value === undefined) throw new Error(`Wrong restic datastore configuration: ${name} is missing`);
  return value;
}

const userAt = (target: Target): string =>
  `${get(target.template, "RESTIC_SFTP_USER") ?? "oneadmin"}@${setting(target, "RESTIC_SFTP_SERVER")}`;
const folderOf = (target: Target, vmId: number): string => `${target.path}/${vmId}`;
const remote = (target: Target, vmId: number): string => `sftp:${userAt(target)}:${folderOf(target, vmId)}`;
const password = (target: Target): string => `${setting(target, "RESTIC_PASSWORD")}\n`;

/** Stores the disks that the job names. @returns the snapshot's short id */
export async function backUpVm(shell: Shell, job: VmJob): Promise<string> {
  const { target, signal } = job;
  if (target === undefined) throw new Error("a backup without a datastore");
  const args = [vmDirectory(job), remote(target.datastore, job.id), `one-${job.id}`, domainName(job.id)];
  const input = `${password(target.datastore)}${job.xml}`;
  const disks = (target.disks ?? []).map(String);
  const said = await shell.on(job.host.name, { text: BACKUP, args: [...args, ...disks], input, signal });
  const { snapshot_id: snapshot } = JSON.parse(said) as { snapshot_id?: string };
  if (snapshot === undefined) throw new Error("Cannot find backup information: restic named no snapshot");
  return snapshot.slice(0, 8);
}

interface BackupFile {
  path: string;
  bytes: number;
}

/** Files of a snapshot; asked on the server itself, where the repository is a folder. */
async function filesOf(shell: Shell, target: Target, vmId: number, snapshot: string): Promise<BackupFile[]> {
  const args = [folderOf(target, vmId), snapshot];
  const said = await shell.on(userAt(target), { text: LIST, args, input: password(target) });
  return said
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as { type?: string; path?: string; size?: number })
    .filter(({ type }) => type === "file")
    .map(({ path = "", size = 0 }) => ({ path, bytes: size }));
}

const diskNumber = (path: string): number | undefined => {
  const found = /^disk\.(\d+)\./.exec(basename(path));
  return found ? Number(found[1]) : undefined;
};

/** Puts the disks of a VM that is off back to where a backup had them: all, or the one that the job names. */
export async function restoreVm(shell: Shell, job: VmJob): Promise<void> {
  const { target, signal, diskId } = job;
  if (target === undefined) throw new Error("a restore without a backup");
  const vmId = target.vmId ?? job.id;
  const files = await filesOf(shell, target.datastore, vmId, target.source);
  for (const { path } of files) {
    const disk = diskNumber(path);
    if (disk === undefined || (diskId !== undefined && disk !== diskId)) continue;
    const text = `${PASSWORD}
restic --quiet --no-lock --repo "$1" dump "$2" "$3" >"$4.new"
mv "$4.new" "$4"`;
    const args = [remote(target.datastore, vmId), target.source, path, `${vmDirectory(job)}/disk.${disk}`];
    await shell.on(job.host.name, { text, args, input: password(target.datastore), signal });
  }
}

/** How a disk within a backup is named where an image is made of it: `restic://<datastore>/<vm>/<snapshot>/<path>`. */
const SCHEME = "restic://";
export const isBackupPath = (path: string): boolean => path.startsWith(SCHEME);

function parsed(job: ImageJob): { from: Target; vmId: number; snapshot: string; path: string } {
  const [, , vm = "", snapshot = "", path = ""] = /^restic:\/\/(\d+)\/(\d+)\/([0-9a-f]+)(\/.+)$/.exec(job.path) ?? [];
  if (job.from === undefined || path === "") throw new Error(`${job.path}: names no disk of a backup`);
  return { from: job.from, vmId: Number(vm), snapshot, path };
}

/** Size of a disk within a backup, MiB. */
export async function backupDiskSize(shell: Shell, job: ImageJob): Promise<{ sizeMb: number }> {
  const { from, vmId, snapshot, path } = parsed(job);
  const file = (await filesOf(shell, from, vmId, snapshot)).find((one) => one.path === path);
  if (file === undefined) throw new Error(`${job.path}: the backup has no such disk`);
  return { sizeMb: Math.ceil(file.bytes / MIB) };
}

/** Writes a disk of a backup to a file of the front-end. */
export async function fetchBackupDisk(shell: Shell, job: ImageJob, file: string): Promise<ImageResult> {
  const { from, vmId, snapshot, path } = parsed(job);
  const { signal } = job;
  await shell.pipe(
    [userAt(from), { text: DUMP, args: [folderOf(from, vmId), snapshot, path], input: password(from), signal }],
    [undefined, { text: 'mkdir -p "$(dirname "$1")"; dd of="$1" bs=1M conv=sparse status=none', args: [file], signal }],
  );
  return described(file, await shell.here({ text: DESCRIBE, args: [file], signal }));
}

/** What becomes of a backup in its datastore. */
export function resticImages(shell: Shell): ImageDrivers {
  const refuse = (): Promise<never> => Promise.reject(new Error("a backup datastore holds backups alone"));
  return {
    stat: refuse,
    cp: refuse,
    mkfs: refuse,
    clone: refuse,
    snapshot: refuse,
    rm: async ({ datastore, vmId, source, signal }) => {
      if (source === "" || vmId === undefined) return;
      const args = [folderOf(datastore, vmId), source];
      await shell.on(userAt(datastore), { text: FORGET, args, input: password(datastore), signal });
    },
    restore: async ({ datastore, vmId, source, signal }) => {
      if (vmId === undefined) throw new Error("the backup is of no VM");
      const files = await filesOf(shell, datastore, vmId, source);
      const xml = files.find(({ path }) => basename(path) === "vm.xml");
      if (xml === undefined) throw new Error("Unable to fetch vm.xml document");
      const args = [folderOf(datastore, vmId), source, xml.path];
      const text = await shell.on(userAt(datastore), { text: DUMP, args, input: password(datastore), signal });
      const disks = files.flatMap(({ path }) => {
        const id = diskNumber(path);
        return id === undefined ? [] : [{ id, path: `${SCHEME}${datastore.id}/${vmId}/${source}${path}` }];
      });
      return { vm: templateOf(text), name: nameOf(text), disks };
    },
    monitor: async (datastore, signal) => {
      const said = await shell.on(userAt(datastore), { text: SPACE, args: [datastore.path], signal });
      const [totalMb = 0, usedMb = 0, freeMb = 0] = said.trim().split(" ").map(Number);
      return { totalMb, usedMb, freeMb };
    },
  };
}

/** What oned adds to a VM when it runs; a template says none of it. */
const OF_THE_RUN = ["VMID", "AUTOMATIC_REQUIREMENTS", "AUTOMATIC_DS_REQUIREMENTS", "AUTOMATIC_NIC_REQUIREMENTS"];
const OF_A_NIC = ["NETWORK", "NETWORK_ID", "NETWORK_UNAME", "MODEL"];

function templateOf(xml: string): Template {
  const element = childOf(parseXml(xml), "TEMPLATE");
  if (element === undefined) throw new Error("Unable to fetch vm.xml document: it has no TEMPLATE");
  const start = xml.indexOf("<TEMPLATE>");
  const template = parseTemplate(xml.slice(start, xml.indexOf("</TEMPLATE>", start) + "</TEMPLATE>".length));
  const nics = vectors(template, "NIC").map((nic) => ({
    name: "NIC",
    value: Object.fromEntries(Object.entries(nic).filter(([name]) => OF_A_NIC.includes(name))),
  }));
  const dropped = [...OF_THE_RUN, "NIC", "NIC_ALIAS", "SECURITY_GROUP_RULE", "SNAPSHOT"];
  return [...template.filter(({ name }) => !dropped.includes(name)), ...nics];
}

function nameOf(xml: string): string {
  const element = childOf(parseXml(xml), "NAME");
  return element === undefined ? "" : textOf(element);
}
