// SPDX-License-Identifier: Apache-2.0

import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { chmod, mkdir, mkdtemp, readFile, rename, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import type { StandInPackage } from "./packages/model";
import { LABEL } from "./packages/model";

const exec = promisify(execFile);

/** A built package: its control fields and the file. */
export interface BuiltPackage {
  fileName: string;
  control: string;
  content: Buffer;
}

/** The control file of a package. */
export function controlOf(pack: StandInPackage, version: string): string {
  const fields: [string, string][] = [
    ["Package", pack.name],
    ["Version", version],
    ["Architecture", "all"],
    ["Maintainer", "opennebula-scaleway lab <lab@localhost>"],
    ["Section", "misc"],
    ["Priority", "optional"],
    ["Depends", pack.depends.join(", ")],
    ["Recommends", (pack.recommends ?? []).join(", ")],
    ["Homepage", "https://opennebula.io/"],
  ];
  const description = `Description: STAND-IN: ${pack.summary}\n ${LABEL}.\n It has the real package's name and layout, so that an installation can be tried and tested.`;
  const lines = fields.filter(([, value]) => value !== "").map(([name, value]) => `${name}: ${value}`);
  return `${[...lines, description].join("\n")}\n`;
}

/** Builds a package with dpkg-deb, or takes it from the cache, where it lies by the hash of all that is in it. */
export async function buildPackage(pack: StandInPackage, version: string, cacheDir: string): Promise<BuiltPackage> {
  const control = controlOf(pack, version);
  const hash = createHash("sha256")
    .update(JSON.stringify([control, pack]))
    .digest("hex")
    .slice(0, 32);
  const cached = join(cacheDir, `${pack.name}-${hash}.deb`);
  // A plus sign would have to be escaped in every address.
  const fileName = `${pack.name}_${version.replace("+", ".")}_all.deb`;
  const held = await readFile(cached).catch(() => undefined);
  if (held !== undefined) return { fileName, control, content: held };
  const work = await mkdtemp(join(tmpdir(), "one-deb-"));
  try {
    await layOut(pack, control, work);
    const deb = join(work, "package.deb");
    // A fixed time makes the same content the same bytes.
    const env = { ...process.env, SOURCE_DATE_EPOCH: "1700000000" };
    await exec("dpkg-deb", ["--root-owner-group", "-Zgzip", "-z6", "--build", join(work, "root"), deb], { env });
    const content = await readFile(deb);
    await mkdir(cacheDir, { recursive: true });
    await writeFile(`${cached}.${process.pid}`, content);
    await rename(`${cached}.${process.pid}`, cached);
    return { fileName, control, content };
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

async function layOut(pack: StandInPackage, control: string, work: string): Promise<void> {
  const root = join(work, "root");
  const put = async (path: string, content: string, mode: number): Promise<void> => {
    await mkdir(join(root, dirname(path)), { recursive: true, mode: 0o755 });
    await writeFile(join(root, path), content);
    await chmod(join(root, path), mode);
  };
  await put("DEBIAN/control", control, 0o644);
  await put(`/usr/share/doc/${pack.name}/README.stand-in`, `${LABEL}.\n`, 0o644);
  for (const file of pack.files) await put(file.path, file.content, file.mode ?? 0o644);
  for (const [path, target] of Object.entries(pack.links ?? {})) {
    await mkdir(join(root, dirname(path)), { recursive: true, mode: 0o755 });
    await symlink(target, join(root, path));
  }
  const conffiles = pack.files.filter((file) => file.conffile).map((file) => file.path);
  if (conffiles.length > 0) await put("DEBIAN/conffiles", `${conffiles.join("\n")}\n`, 0o644);
  for (const name of ["postinst", "postrm"] as const) {
    const body = pack[name];
    if (body === undefined) continue;
    const guarded = name === "postinst" ? `if [ "$1" = configure ]; then\n${body}\nfi\n` : `${body}\n`;
    await put(`DEBIAN/${name}`, `#!/bin/sh\nset -e\n${guarded}`, 0o755);
  }
}
