// SPDX-License-Identifier: Apache-2.0

import { createHash } from "node:crypto";
import { copyFile, mkdir, readdir, readFile, rename, stat } from "node:fs/promises";
import { join, relative } from "node:path";
import { run, tryRun } from "../../hosts/run";

const builder = join(__dirname, "build-image.sh");
const guest = join(__dirname, "guest");

/** Path of the image below the lab's repository server. */
export const IMAGE_PATH = "images/lab-vm.img";

export interface ImageOptions {
  /** Built images are kept here between runs. */
  cacheDir: string;
  /** The root of the repository server. */
  outDir: string;
}

/** What the image is made of decides its name in the cache. */
async function imageHash(): Promise<string> {
  const hash = createHash("sha256").update(await readFile(builder));
  const entries = await readdir(guest, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  for (const file of files.sort()) hash.update(`${relative(guest, file)}\0`).update(await readFile(file));
  return hash.digest("hex").slice(0, 12);
}

/**
 * Makes the disk image of the lab's small virtual machines, unless the cache has it, and gives it to the repository
 * server. Needs apt with Debian's sources. Safe to kill, and to call from two labs at once.
 *
 * @returns the image's file below `outDir`
 */
export async function ensureImage({ cacheDir, outDir }: ImageOptions): Promise<string> {
  await mkdir(cacheDir, { recursive: true });
  const cached = join(cacheDir, `lab-vm-${await imageHash()}.img`);
  const build = ["flock", join(cacheDir, "image.lock"), builder, cached, guest];
  const options = { timeoutSeconds: 300 };
  if ((await tryRun(build, options)).code !== 0) {
    // The lists may name packages that the mirror no longer has.
    await run(["apt-get", "update"], options);
    await run(build, options);
  }
  const served = join(outDir, IMAGE_PATH);
  const [source, present] = [await stat(cached), await stat(served).catch(() => undefined)];
  if (present?.size === source.size && present.mtimeMs >= source.mtimeMs) return served;
  await mkdir(join(served, ".."), { recursive: true });
  await copyFile(cached, `${served}.new`);
  await rename(`${served}.new`, served);
  return served;
}
