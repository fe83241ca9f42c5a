// SPDX-License-Identifier: Apache-2.0
// node bundle.mjs PROGRAM [FILE]: a program of this folder as one file for the distributions' Node, on standard output or in FILE.
// The same sources give the same text on every machine.
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { buildSync } from "esbuild";

const folder = dirname(fileURLToPath(import.meta.url));
const [program, file] = process.argv.slice(2);
if (program === undefined) throw new Error("name the program: node bundle.mjs PROGRAM [FILE]");

const { outputFiles } = buildSync({
  absWorkingDir: join(folder, ".."),
  entryPoints: [`onhost/${program}/src/main.ts`],
  outfile: file ?? `${program}.cjs`,
  write: file !== undefined,
  ...JSON.parse(readFileSync(join(folder, "esbuild.json"), "utf8")),
  // These programs talk to oned on loopback; the client's way through SSH would be two thirds of the file.
  alias: { ssh2: "./onhost/no-ssh.cjs" },
  logLevel: "warning",
});
if (outputFiles) process.stdout.write(outputFiles[0].text);
