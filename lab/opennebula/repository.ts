// SPDX-License-Identifier: Apache-2.0

import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readFile, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { gzipSync } from "node:zlib";
import { build, type BuildOptions } from "esbuild";
import settings from "../../onhost/esbuild.json";
import { buildPackage } from "./deb";
import type { BuiltPackage } from "./deb";
import { packagesOf } from "./packages";
import type { Bundles } from "./packages/model";
import { LABEL, packageVersion, SERIES } from "./packages/model";

const exec = promisify(execFile);

/** Distributions that the repository serves, as the vendor's paths name them. */
export const DISTRIBUTIONS = ["Debian/12", "Ubuntu/24.04"];

export interface RepositoryOptions {
  /** The repository's root; served as it is. */
  outDir: string;
  /** Built packages and the signing key, kept between runs. */
  cacheDir: string;
}

export interface Repository {
  root: string;
  /** The public key, armored, where the vendor has it: `<root>/repo/repo2.key`. */
  keyPath: string;
}

/**
 * Makes the signed apt repository of the stand-in packages: `<root>/repo/<series>/<distribution>` with suite `stable`
 * and component `opennebula`, as the vendor's. Needs dpkg-deb and gpg. What did not change is taken from the cache; an
 * unchanged repository is left alone.
 */
export async function buildRepository({ outDir, cacheDir }: RepositoryOptions): Promise<Repository> {
  await mkdir(cacheDir, { recursive: true, mode: 0o700 });
  const bundles = await bundlePrograms();
  const keyPath = join(outDir, "repo/repo2.key");
  const bySeries = await Promise.all(
    SERIES.map(async (series) => {
      const version = packageVersion(series);
      const packages = packagesOf(series, bundles);
      const built: BuiltPackage[] = [];
      for (const pack of packages) built.push(await buildPackage(pack, version, join(cacheDir, "packages")));
      return { series, built };
    }),
  );
  const hash = createHash("sha256");
  for (const { series, built } of bySeries) {
    hash.update(series + built.map((pack) => pack.control + digest("sha256", pack.content)).join());
  }
  const stamp = join(outDir, "repo/.content");
  const wanted = hash.update(DISTRIBUTIONS.join()).digest("hex");
  const present = await readFile(stamp, "utf8").catch(() => "");
  if (present === wanted && existsSync(keyPath)) return { root: outDir, keyPath };
  await withSigner(cacheDir, async (signer) => {
    for (const { series, built } of bySeries) {
      for (const distribution of DISTRIBUTIONS) {
        await publish(join(outDir, "repo", series, distribution), built, signer, series);
      }
    }
    await writeAtomically(keyPath, signer.publicKey);
  });
  await writeAtomically(stamp, wanted);
  return { root: outDir, keyPath };
}

async function bundlePrograms(): Promise<Bundles> {
  const bundle = async (entry: string): Promise<string> => {
    const result = await build({
      entryPoints: [join(__dirname, entry)],
      ...(settings as BuildOptions),
      write: false,
      logLevel: "silent",
      banner: { js: `// ${LABEL}` },
    });
    return result.outputFiles[0]?.text ?? "";
  };
  const entries = { oned: "oned", services: "services", cli: "cli", vnm: "drivers/host" };
  const bundled = Object.entries(entries).map(async ([name, folder]): Promise<[string, string]> => [
    name,
    await bundle(`${folder}/main.ts`),
  ]);
  return Object.fromEntries(await Promise.all(bundled)) as Record<keyof typeof entries, string>;
}

const digest = (algorithm: string, content: Buffer | string): string =>
  createHash(algorithm).update(content).digest("hex");

async function writeAtomically(path: string, content: Buffer | string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(`${path}.${process.pid}`, content);
  await rename(`${path}.${process.pid}`, path);
}

/** Writes one distribution's repository; the signed index comes last, so that apt never sees a half-written one. */
async function publish(root: string, packages: BuiltPackage[], signer: Signer, series: string): Promise<void> {
  const entries: string[] = [];
  for (const { fileName, control, content } of packages) {
    const path = `pool/opennebula/${fileName}`;
    await writeAtomically(join(root, path), content);
    const sums = `Size: ${content.length}\nMD5sum: ${digest("md5", content)}\nSHA256: ${digest("sha256", content)}`;
    entries.push(control.replace(/^Description:/m, `Filename: ${path}\n${sums}\nDescription:`));
  }
  const index = entries.join("\n");
  const files = new Map<string, Buffer>([
    ["opennebula/binary-amd64/Packages", Buffer.from(index)],
    ["opennebula/binary-amd64/Packages.gz", gzipSync(index)],
  ]);
  const suite = join(root, "dists/stable");
  for (const [path, content] of files) await writeAtomically(join(suite, path), content);
  const sums = (algorithm: string): string =>
    [...files].map(([path, content]) => ` ${digest(algorithm, content)} ${content.length} ${path}`).join("\n");
  const release = [
    "Origin: opennebula-scaleway lab",
    `Label: STAND-IN OpenNebula ${series}`,
    ...["Suite: stable", "Codename: stable", "Architectures: amd64 all", "Components: opennebula"],
    `Date: ${new Date().toUTCString()}`,
    `Description: ${LABEL}`,
    `MD5Sum:\n${sums("md5")}`,
    `SHA256:\n${sums("sha256")}`,
  ].join("\n");
  await writeAtomically(join(suite, "Release"), `${release}\n`);
  await writeAtomically(join(suite, "Release.gpg"), await signer.sign(`${release}\n`, "--detach-sign"));
  await writeAtomically(join(suite, "InRelease"), await signer.sign(`${release}\n`, "--clearsign"));
}

interface Signer {
  publicKey: string;
  sign: (text: string, mode: "--detach-sign" | "--clearsign") => Promise<Buffer>;
}

/**
 * Gives `work` a signer with the lab's own key, which lies in the cache. gpg itself runs in a temporary home with a
 * short path (its agent's socket allows about 100 characters) and leaves no agent behind.
 */
async function withSigner(cacheDir: string, work: (signer: Signer) => Promise<void>): Promise<void> {
  const home = await mkdtemp(join(tmpdir(), "one-gpg-"));
  const gpg = (...args: string[]) => exec("gpg", ["--homedir", home, "--batch", "--yes", "--quiet", ...args]);
  const secret = join(cacheDir, "signing-key.asc");
  try {
    if (existsSync(secret)) await gpg("--import", secret);
    else {
      const name = `OpenNebula ${LABEL} <lab@localhost>`;
      await gpg(
        "--passphrase",
        "",
        "--pinentry-mode",
        "loopback",
        "--quick-generate-key",
        name,
        "ed25519",
        "sign",
        "never",
      );
      const { stdout } = await gpg("--armor", "--export-secret-keys");
      await writeFile(`${secret}.new`, stdout, { mode: 0o600 });
      await rename(`${secret}.new`, secret);
    }
    const { stdout: publicKey } = await gpg("--armor", "--export");
    await work({
      publicKey,
      sign: async (text, mode) => {
        const [input, output] = [join(home, "input"), join(home, "output")];
        await writeFile(input, text);
        await gpg("--armor", "--digest-algo", "SHA512", mode, "--output", output, input);
        return readFile(output);
      },
    });
  } finally {
    await exec("gpgconf", ["--homedir", home, "--kill", "all"]).catch(() => undefined);
    await rm(home, { recursive: true, force: true });
  }
}
