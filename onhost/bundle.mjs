// SPDX-License-Identifier: Apache-2.0
// node bundle.mjs PROGRAM [FILE | --inputs]: a program of this folder as one file, on standard output or in FILE; with --inputs on
// standard output as JSON, with the paths of everything that went into it.
// The same sources give the same text on every machine.
import { readFileSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { buildSync } from "esbuild";
import { bundleConverger } from "./converger/bundle.mjs";

const folder = dirname(fileURLToPath(import.meta.url));
const root = join(folder, "..");
const [program, target] = process.argv.slice(2);
if (program === undefined) throw new Error("name the program: node bundle.mjs PROGRAM [FILE | --inputs]");

/** For the distributions' Node. */
function bundleTypeScript() {
  const { outputFiles, metafile } = buildSync({
    absWorkingDir: root,
    metafile: true,
    entryPoints: [`onhost/${program}/src/main.ts`],
    outfile: `${program}.cjs`,
    write: false,
    ...JSON.parse(readFileSync(join(folder, "esbuild.json"), "utf8")),
    // These programs talk to oned on loopback; the client's way through SSH would be two thirds of the file.
    alias: { ssh2: "./onhost/no-ssh.cjs" },
    logLevel: "warning",
  });
  const inputs = Object.keys(metafile.inputs).map((input) => resolve(root, input));
  return { text: outputFiles[0].text, inputs: [join(folder, "esbuild.json"), ...inputs] };
}

const { text, inputs } = program === "converger" ? bundleConverger() : bundleTypeScript();
if (target === "--inputs")
  process.stdout.write(JSON.stringify({ text, inputs: [fileURLToPath(import.meta.url), ...inputs] }));
else if (target === undefined) process.stdout.write(text);
else writeFileSync(target, text);
