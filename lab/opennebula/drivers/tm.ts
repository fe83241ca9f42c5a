// SPDX-License-Identifier: Apache-2.0

import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TmAction, VmJob } from "../oned/drivers";
import { vectors } from "../oned/template";
import { contextDisk, domainName } from "./domain";
import { contextExtras, contextFiles } from "./context";
import { backUpVm, restoreVm } from "./restic";
import type { Shell } from "./shell";
import { hypervisorAction, vmDirectory } from "./vmm";

type Disk = Record<string, string>;

/** What the actions on files need beside the job. */
export interface FilesOptions {
  shell: Shell;
  /** A VM's token for OneGate. */
  token: (vmId: number) => string;
}

const disksOf = (job: VmJob): Disk[] => vectors(job.template, "DISK");
const kept = (disk: Disk): boolean => disk.SAVE?.toUpperCase() === "YES" && disk.SOURCE !== undefined;
const fileOf = (job: VmJob, disk: Disk): string => `${vmDirectory(job)}/disk.${disk.DISK_ID ?? ""}`;

function theDisk(job: VmJob): Disk {
  const disk = disksOf(job).find(({ DISK_ID }) => DISK_ID === String(job.diskId));
  if (disk === undefined) throw new Error(`the VM has no disk ${job.diskId}`);
  return disk;
}

/** Raw disks are whole MiB, so that a copy of the size that oned knows is never too small. */
const RECEIVE = `mkdir -p "$(dirname "$1")"
dd of="$1.new" bs=1M iflag=fullblock conv=sparse status=none
case $2 in raw|"") truncate -s "%1M" "$1.new" ;; esac
mv "$1.new" "$1"
[ "$3" -le 0 ] || qemu-img resize -q -f "\${2:-raw}" "$1" "\${3}M"`;

const VOLATILE = `mkdir -p "$(dirname "$1")"; rm -f "$1"
qemu-img create -q -f "$2" "$1" "\${3}M"
case $4 in
"") ;;
swap) mkswap "$1" >/dev/null ;;
*) mkfs -t "$4" "$1" >/dev/null ;;
esac`;

/** Brings one disk to the host: a copy of its image, or a new one. */
async function bring({ shell }: FilesOptions, job: VmJob, disk: Disk): Promise<void> {
  const { signal } = job;
  const [file, format] = [fileOf(job, disk), disk.FORMAT ?? disk.DRIVER ?? "raw"];
  if (disk.SOURCE === undefined || disk.SOURCE === "") {
    const fs = disk.TYPE?.toLowerCase() === "swap" ? "swap" : (disk.FS ?? "");
    await shell.on(job.host.name, { text: VOLATILE, args: [file, format, disk.SIZE ?? "0", fs], signal });
    return;
  }
  const [size, original] = [Number(disk.SIZE ?? "0"), Number(disk.ORIGINAL_SIZE ?? disk.SIZE ?? "0")];
  const grown = size > original ? String(size) : "0";
  await shell.pipe(
    [undefined, { text: 'cat "$1"', args: [disk.SOURCE], signal }],
    [job.host.name, { text: RECEIVE, args: [file, format, grown], signal }],
  );
}

/** Writes a persistent disk back to its image. */
async function bringBack({ shell }: FilesOptions, job: VmJob, disk: Disk, image = disk.SOURCE ?? ""): Promise<void> {
  const { signal } = job;
  await shell.pipe(
    [job.host.name, { text: 'cat "$1"', args: [fileOf(job, disk)], signal }],
    [undefined, { text: RECEIVE, args: [image, disk.FORMAT ?? "raw", "0"], signal }],
  );
}

const remove = (shell: Shell, job: VmJob): Promise<string> =>
  shell.on(job.host.name, { text: 'rm -rf "$1"', args: [vmDirectory(job)], signal: job.signal });

/** Makes the drive with the guest's context and puts it into the VM's folder. */
async function context({ shell, token }: FilesOptions, job: VmJob): Promise<void> {
  const files = contextFiles(job.template, token(job.id));
  const drive = contextDisk(job.template);
  if (files === undefined || drive === undefined) return;
  const work = await mkdtemp(join(tmpdir(), "one-context-"));
  try {
    for (const [name, content] of Object.entries(files)) await writeFile(join(work, name), content, { mode: 0o600 });
    const extras = Object.entries(contextExtras(job.template)).flatMap(([name, path]) => [path, name]);
    const make = `dir=$1; shift
while [ $# -gt 0 ]; do cp "$1" "$dir/$(basename "$2")"; shift 2; done
genisoimage -quiet -input-charset utf8 -V CONTEXT -J -R "$dir"`;
    await shell.pipe(
      [undefined, { text: make, args: [work, ...extras], signal: job.signal }],
      [
        job.host.name,
        {
          // Written in place: a running VM has the file open.
          text: 'umask 077; mkdir -p "$(dirname "$1")"; cat >"$1"',
          args: [fileOf(job, drive)],
          signal: job.signal,
        },
      ],
    );
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

const PACK = 'cd "$(dirname "$1")" && tar -cSf - "$(basename "$1")"';
const UNPACK = 'rm -rf "$1"; mkdir -p "$(dirname "$1")" && tar -C "$(dirname "$1")" -xSf -';
const MACHINE = "cat /etc/machine-id";

/** Moves the VM's folder; undefined is the front-end, which may be the very host. */
async function move(
  shell: Shell,
  job: VmJob,
  [from, to]: [string | undefined, string | undefined],
  paths = [vmDirectory(job), vmDirectory(job)],
): Promise<void> {
  const { signal } = job;
  const ask = (host: string | undefined): Promise<string> =>
    host === undefined ? shell.here({ text: MACHINE, signal }) : shell.on(host, { text: MACHINE, signal });
  const [source = "", target = ""] = paths;
  if (source === target && (await ask(from)) === (await ask(to))) return;
  await shell.pipe([from, { text: PACK, args: [source], signal }], [to, { text: UNPACK, args: [target], signal }]);
  const gone = { text: 'rm -rf "$1"', args: [source], signal };
  await (from === undefined ? shell.here(gone) : shell.on(from, gone));
}

/** qemu-img refuses a file that a running VM has open: such a VM's disks change through its hypervisor. */
function imageTool(shell: Shell, job: VmJob, text: string, ...more: string[]): Promise<string> {
  const disk = theDisk(job);
  if ((disk.FORMAT ?? "raw") !== "qcow2" && text.includes("snapshot")) {
    return Promise.reject(
      new Error(`disk ${disk.DISK_ID}: a ${disk.FORMAT ?? "raw"} disk has no snapshots; use qcow2`),
    );
  }
  return shell.on(job.host.name, { text, args: [fileOf(job, disk), ...more], signal: job.signal });
}

const UNLESS_RUNNING = '[ "$(virsh --connect qemu:///system domstate "$3" 2>/dev/null | head -n 1)" = running ] ||';

/** One action on a VM's files, between the front-end's datastores and the host. */
export async function filesAction(options: FilesOptions, action: TmAction, job: VmJob): Promise<unknown> {
  const { shell } = options;
  const shared = job.datastore.tmMad === "shared";
  switch (action) {
    case "prolog":
      for (const disk of disksOf(job)) await bring(options, job, disk);
      return context(options, job);
    case "context":
      return context(options, job);
    case "epilog":
      for (const disk of disksOf(job).filter(kept)) await bringBack(options, job, disk);
      await remove(shell, job);
      return;
    case "epilog_delete":
      await remove(shell, job);
      return;
    case "epilog_stop":
      return shared ? undefined : move(shell, job, [job.host.name, undefined]);
    case "prolog_resume":
      return shared ? undefined : move(shell, job, [undefined, job.host.name]);
    case "migrate": {
      const { destination } = job;
      if (destination === undefined) throw new Error("a migration without a destination");
      const paths = [vmDirectory(job), `${destination.datastore.path}/${job.id}`];
      return shared ? undefined : move(shell, job, [job.host.name, destination.host.name], paths);
    }
    case "premigrate": {
      // The hypervisor copies the disks into files that must be there; what it never copies has to be brought.
      if (shared) return;
      const there = { ...job, ...job.destination };
      for (const disk of disksOf(job)) {
        if (disk.TYPE?.toUpperCase() === "CDROM") await bring(options, there, disk);
        else await bring(options, there, { ...disk, SOURCE: "", FS: "" });
      }
      return context(options, there);
    }
    case "postmigrate":
      return;
    case "attach":
      return bring(options, job, theDisk(job));
    case "detach":
      if (kept(theDisk(job))) await bringBack(options, job, theDisk(job));
      await imageTool(shell, job, 'rm -f "$1"');
      return;
    case "saveas":
      return bringBack(options, job, theDisk(job), job.target?.source);
    case "snapshot_create":
      await imageTool(shell, job, 'qemu-img snapshot -c "snapshot-$2" "$1"', job.snapshot ?? "");
      return;
    case "snapshot_revert":
      await imageTool(shell, job, 'qemu-img snapshot -a "snapshot-$2" "$1"', job.snapshot ?? "");
      return;
    case "snapshot_delete":
      await imageTool(shell, job, 'qemu-img snapshot -d "snapshot-$2" "$1"', job.snapshot ?? "");
      return;
    case "resize": {
      const format = theDisk(job).FORMAT ?? "raw";
      const text = `${UNLESS_RUNNING} qemu-img resize -q -f "$2" "$1" "\${4}M"`;
      await imageTool(shell, job, text, format, domainName(job.id), String(job.sizeMb ?? 0));
      return;
    }
    case "backup":
      return backUpVm(shell, job);
    case "restore":
      return restoreVm(shell, job);
  }
}

/** A NIC that comes or goes changes what the guest is told: the drive is written anew and the guest sees it change. */
export async function renewContext(options: FilesOptions, job: VmJob): Promise<void> {
  await context(options, job);
  await hypervisorAction(options.shell, "update_conf", job);
}
