// SPDX-License-Identifier: Apache-2.0

import { randomBytes } from "node:crypto";
import { createWriteStream } from "node:fs";
import { realpath, rm, stat } from "node:fs/promises";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { ImageDrivers, ImageJob } from "../oned/drivers";
import { get } from "../oned/template";
import { DESCRIBE, described } from "./description";
import { backupDiskSize, fetchBackupDisk, isBackupPath } from "./restic";
import type { Shell } from "./shell";

const MIB = 1024 * 1024;
const isUrl = (path: string): boolean => /^https?:\/\//.test(path);

/** Folders that no image may be taken from unless the datastore says otherwise: what the cloud itself keeps there. */
const RESTRICTED = "/etc /root /home /proc /sys /dev /var/lib/one";

const folders = (text: string): string[] => text.split(/\s+/).filter((word) => word !== "");
const within = (path: string, folder: string): boolean =>
  path === folder || path.startsWith(`${folder.replace(/\/$/, "")}/`);

/** Refuses a file that the datastore does not let anybody take; links are followed first. */
async function allowed(job: ImageJob): Promise<string> {
  const path = await realpath(job.path).catch(() => {
    throw new Error(`Cannot determine size of ${job.path}: there is no such file on the front-end`);
  });
  const setting = (name: string, absent: string): string[] => folders(get(job.datastore.template, name) ?? absent);
  const restricted = setting("RESTRICTED_DIRS", RESTRICTED).some((folder) => within(path, folder));
  if (restricted && !setting("SAFE_DIRS", "").some((folder) => within(path, folder))) {
    throw new Error(`Not allowed to copy image file ${job.path}: RESTRICTED_DIRS of the datastore hold it`);
  }
  return path;
}

/** A request whose failure says what is wrong with the connection, not only that it failed. */
async function request(url: string, init: RequestInit): Promise<Response> {
  try {
    return await fetch(url, init);
  } catch (error) {
    const { message, cause } = error as Error & { cause?: Error };
    throw new Error(`${url}: ${cause?.message ?? message}`, { cause: error });
  }
}

async function download(url: string, file: string, signal: AbortSignal): Promise<void> {
  const answer = await request(url, { signal });
  if (!answer.ok || answer.body === null) throw new Error(`${url}: the server answers ${answer.status}`);
  await pipeline(Readable.fromWeb(answer.body), createWriteStream(file, { mode: 0o660 }));
}

async function remoteSize(url: string, signal: AbortSignal): Promise<number> {
  const answer = await request(url, { method: "HEAD", signal });
  const length = Number(answer.headers.get("content-length") ?? "");
  if (!answer.ok || !Number.isInteger(length) || length <= 0) {
    throw new Error(`Cannot determine size of ${url}: the server answers ${answer.status} without a length`);
  }
  return length;
}

const COPY = 'mkdir -p "$(dirname "$2")"; cp --sparse=always "$1" "$2"';
const MAKE = `mkdir -p "$(dirname "$1")"; qemu-img create -q -f "$2" "$1" "\${3}M"
case $4 in
"") ;;
swap) mkswap "$1" >/dev/null ;;
*) mkfs -t "$4" "$1" >/dev/null ;;
esac`;
/** Of the file system that the datastore's folder lies on; the folder is made when it is new. */
const SPACE = `mkdir -p "$1"; df -Pm "$1" | awk 'NR == 2 { print $2, $3, $4 }'`;

/** Images as files of the front-end: the datastore driver `fs`. */
export function fileImages(shell: Shell): ImageDrivers {
  const place = (job: ImageJob): string => `${job.datastore.path}/${randomBytes(16).toString("hex")}`;
  return {
    stat: async (job) => {
      if (isBackupPath(job.path)) return backupDiskSize(shell, job);
      const bytes = isUrl(job.path) ? await remoteSize(job.path, job.signal) : (await stat(await allowed(job))).size;
      return { sizeMb: Math.ceil(bytes / MIB) };
    },
    cp: async (job) => {
      const { signal } = job;
      const source = place(job);
      try {
        if (isBackupPath(job.path)) return await fetchBackupDisk(shell, job, source);
        await shell.here({ text: 'mkdir -p "$1"', args: [job.datastore.path], signal });
        if (isUrl(job.path)) await download(job.path, source, signal);
        else await shell.here({ text: COPY, args: [await allowed(job), source], signal });
        return described(source, await shell.here({ text: DESCRIBE, args: [source], signal }));
      } catch (error) {
        await rm(source, { force: true });
        throw error;
      }
    },
    mkfs: async (job) => {
      const source = place(job);
      const format = job.format === "" ? "raw" : job.format;
      await shell.here({ text: MAKE, args: [source, format, String(job.sizeMb), job.fs], signal: job.signal });
      return { source, format };
    },
    clone: async (job) => {
      const source = place(job);
      await shell.here({ text: COPY, args: [job.source, source], signal: job.signal });
      return { source, format: job.format };
    },
    rm: async (job) => {
      if (job.source !== "") await rm(job.source, { force: true });
    },
    snapshot: async (action, job) => {
      const flag = { snap_delete: "-d", snap_revert: "-a", snap_flatten: undefined }[action];
      const { signal, source } = job;
      const flatten = 'qemu-img convert -O "$2" "$1" "$1.flat" && mv "$1.flat" "$1"';
      if (flag === undefined) await shell.here({ text: flatten, args: [source, job.format], signal });
      else {
        const args = [flag, `snapshot-${job.snapshot ?? ""}`, source];
        await shell.here({ text: 'qemu-img snapshot "$1" "$2" "$3"', args, signal });
      }
    },
    monitor: async (datastore, signal) => {
      const figures = (await shell.here({ text: SPACE, args: [datastore.path], signal })).trim().split(" ").map(Number);
      const [totalMb = 0, usedMb = 0, freeMb = 0] = figures;
      return { totalMb, usedMb, freeMb };
    },
  };
}
