// SPDX-License-Identifier: Apache-2.0
"use strict";
/*
 * `node tools/bundled.cjs <program.ts> [arguments]` runs a program of this repository as one file, which starts in a fifth of a
 * second where a loader needs three quarters of one of processor time. The file is made when it is first needed, and again
 * whenever anything that went into it has changed; it is never run stale.
 */
const { createHash } = require("node:crypto");
const fs = require("node:fs");
const os = require("node:os");
const path = require("node:path");

const root = path.resolve(__dirname, "..");
const cache = path.join(root, "node_modules", ".cache", "opennebula-scaleway", "programs");
/** A bundle that nobody has started for so long belongs to sources that are no more. */
const KEPT_MILLISECONDS = 7 * 24 * 3600 * 1000;
const FOR_ONE_RUN = "opennebula-scaleway-program-";

const sha256 = (content) => createHash("sha256").update(content).digest("hex");

/** This program and where it lies: a checkout that was copied or moved brings bundles that speak of another place. */
const maker = sha256(`${root}\n${fs.readFileSync(__filename, "utf8")}`);

const isPackaged = (file) => file.includes(`${path.sep}node_modules${path.sep}`);

/** What tells whether a file is still the same: our own files by content, packages by size and time. */
function fingerprint(file) {
  if (!isPackaged(file)) return sha256(fs.readFileSync(file));
  const { size, mtimeMs } = fs.statSync(file);
  return `${size} ${mtimeMs}`;
}

/** Names in a folder decide what an import finds: `x.ts` wins over `x/index.ts`. */
function listing(folder) {
  return sha256(fs.readdirSync(folder).sort().join("\n"));
}

function isCurrent(manifest) {
  try {
    return (
      manifest.made === maker &&
      fs.existsSync(manifest.bundle) &&
      Object.entries(manifest.files).every(([file, known]) => fingerprint(file) === known) &&
      Object.entries(manifest.folders).every(([folder, known]) => listing(folder) === known)
    );
  } catch {
    // A file or a folder that is no more.
    return false;
  }
}

/** Writes a file as a whole, so that a program that starts at the same time reads the old one or the new one. */
function writeWhole(file, content) {
  const temporary = `${file}.${process.pid}.${process.hrtime.bigint()}`;
  fs.writeFileSync(temporary, content);
  fs.renameSync(temporary, file);
}

/** Source files keep their own idea of where they are; what was read of them is noted, not what they are a moment later. */
const ownSources = (read) => ({
  name: "own-sources",
  setup(build) {
    build.onLoad({ filter: /\.ts$/ }, ({ path: file }) => {
      if (isPackaged(file)) return undefined;
      const source = fs.readFileSync(file, "utf8");
      read.set(file, sha256(source));
      const here = `const __dirname = ${JSON.stringify(path.dirname(file))};`;
      return { contents: /\b__dirname\b/.test(source) ? `${here}${source}` : source, loader: "ts" };
    });
  },
});

async function make(entry, manifestFile) {
  const read = new Map();
  const { outputFiles, metafile } = await require("esbuild").build({
    entryPoints: [entry],
    absWorkingDir: root,
    bundle: true,
    write: false,
    metafile: true,
    platform: "node",
    target: "node20",
    format: "cjs",
    // esbuild itself must stay where its binary is; modules with top-level await are imported from where they are when they are needed.
    external: ["cpu-features", "*.node", "esbuild", "vega", "vega-lite"],
    logLevel: "error",
    plugins: [ownSources(read)],
  });
  const code = outputFiles[0].contents;
  const files = Object.keys(metafile.inputs).map((file) => path.resolve(root, file));
  const own = files.filter((file) => !isPackaged(file));
  const manifest = {
    made: maker,
    bundle: path.join(cache, `${path.basename(manifestFile, ".json")}-${sha256(code).slice(0, 16)}.cjs`),
    files: Object.fromEntries(files.map((file) => [file, read.get(file) ?? fingerprint(file)])),
    folders: Object.fromEntries([...new Set(own.map((file) => path.dirname(file)))].map((dir) => [dir, listing(dir)])),
  };
  try {
    fs.mkdirSync(cache, { recursive: true });
    writeWhole(manifest.bundle, code);
    writeWhole(manifestFile, JSON.stringify(manifest));
    prune(manifest.bundle);
  } catch (error) {
    if (!["EACCES", "EPERM", "EROFS"].includes(error.code)) throw error;
    return { ...manifest, bundle: forThisRun(path.basename(manifest.bundle), code) };
  }
  return manifest;
}

/** In somebody else's checkout: a folder that only this user can write to, gone once the program is loaded. */
function forThisRun(name, code) {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), FOR_ONE_RUN));
  const bundle = path.join(folder, name);
  fs.writeFileSync(bundle, code);
  return bundle;
}

function prune(kept) {
  for (const name of fs.readdirSync(cache)) {
    const file = path.join(cache, name);
    const age = Date.now() - (fs.statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? Date.now());
    if (file !== kept && age > KEPT_MILLISECONDS) fs.rmSync(file, { force: true });
  }
}

async function bundleOf(entry) {
  const name = path.relative(root, entry).replace(/[\\/]/g, "-").replace(/\.ts$/, "");
  const manifestFile = path.join(cache, `${name}.json`);
  let manifest;
  try {
    manifest = JSON.parse(fs.readFileSync(manifestFile, "utf8"));
  } catch {
    manifest = undefined;
  }
  if (manifest === undefined || !isCurrent(manifest)) manifest = await make(entry, manifestFile);
  return manifest.bundle;
}

async function main() {
  const [, , program, ...args] = process.argv;
  if (!program) throw new Error("name the program: node tools/bundled.cjs <program.ts> [arguments]");
  const bundle = await bundleOf(path.resolve(program));
  process.argv = [process.argv[0], bundle, ...args];
  require(bundle);
  const folder = path.dirname(bundle);
  if (path.basename(folder).startsWith(FOR_ONE_RUN)) fs.rmSync(folder, { recursive: true, force: true });
}

main().catch((error) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
