// SPDX-License-Identifier: Apache-2.0
// node bundle.mjs PROGRAM [FILE | --inputs]: a program of this folder as one file for the distributions' Node, on standard output or
// in FILE; with --inputs on standard output as JSON, with the paths of everything that went into it.
// The same sources give the same text on every machine.
import { readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { buildSync } from "esbuild";

const folder = dirname(fileURLToPath(import.meta.url));
const root = join(folder, "..");
const [program, target] = process.argv.slice(2);
const withInputs = target === "--inputs";
const file = withInputs ? undefined : target;
if (program === undefined) throw new Error("name the program: node bundle.mjs PROGRAM [FILE | --inputs]");

const { outputFiles, metafile } = buildSync({
  absWorkingDir: root,
  metafile: withInputs,
  entryPoints: [`onhost/${program}/src/main.ts`],
  outfile: file ?? `${program}.cjs`,
  write: file !== undefined,
  ...JSON.parse(readFileSync(join(folder, "esbuild.json"), "utf8")),
  // These programs talk to oned on loopback; the client's way through SSH would be two thirds of the file.
  alias: { ssh2: "./onhost/no-ssh.cjs" },
  logLevel: "warning",
});
const text = outputFiles?.[0].text;
if (withInputs) {
  const own = [fileURLToPath(import.meta.url), join(folder, "esbuild.json")];
  const inputs = [...own, ...Object.keys(metafile.inputs).map((input) => resolve(root, input))];
  process.stdout.write(JSON.stringify({ text, inputs }));
} else if (text !== undefined) process.stdout.write(text);
